/** The name of what is made without any encryption, to be compared with. */
export const BUFFERS_ALONE = 'Buffers made and nothing else';
