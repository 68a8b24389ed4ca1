export * from '@sqlcrypter/envelope';
