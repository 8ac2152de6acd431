/** Bytes and text without Node: what runs here runs on the edge too. */
import type { SignatureEncoding } from "./contract.ts";

const encoder = new TextEncoder();

export const utf8 = (value: string): Uint8Array<ArrayBuffer> => encoder.encode(value);

export function hex(bytes: Uint8Array): string {
  let digits = "";
  for (const byte of bytes) digits += byte.toString(16).padStart(2, "0");
  return digits;
}

export const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** Null unless it is base64 of the standard alphabet in its canonical form, padding included. */
export function fromBase64(value: string): Uint8Array | null {
  let binary: string;
  try {
    binary = atob(value);
  } catch {
    return null;
  }
  // atob forgives white space, missing padding and stray bits.
  if (btoa(binary) !== value) return null;
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

export const encodeSignature = (bytes: Uint8Array, encoding: SignatureEncoding): string =>
  encoding === "hex" ? hex(bytes) : base64(bytes);

/** In a time that depends on the lengths alone. */
export function equalText(left: string, right: string): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let i = 0; i < left.length; i++) difference |= left.charCodeAt(i) ^ right.charCodeAt(i);
  return difference === 0;
}
