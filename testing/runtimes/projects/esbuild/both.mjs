// node both.mjs WRITER READER: loads both bundles into this process.
const [{ write }, { read }] = [await import(process.argv[2]), await import(process.argv[3])];

const row = await write(42, '999-00-1234');
const asStored = { id: 42, ssn: Uint8Array.from(row.ssn) };
const copied = { ...asStored, id: 43 };
console.log(
  JSON.stringify({
    read: await read([row, asStored]),
    own: String(await row.ssn.decrypt()),
    copied: await read([copied]).catch(({ code }) => code),
  }),
);
