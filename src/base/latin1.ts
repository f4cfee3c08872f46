// Short texts as bytes of their own.

/**
 * One byte per character, in an array that shares nothing: a Buffer made of a short text is a slice of an 8 KB slab,
 * which lives as long as the slice does. Up to 64 bytes lie in the heap itself.
 */
export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
