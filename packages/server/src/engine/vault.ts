/** Secrets at rest. The owner's id is authenticated with the text: a sealed secret moved to another owner will not open. */
export interface Vault {
  seal(plain: string, ownerId: string): string;
  /** Throws where the text was not sealed for this owner under this key. */
  open(sealed: string, ownerId: string): string;
  /** Keyed hash for looking up API keys, hex. */
  hash(text: string): string;
  /** Bytes that depend on nothing but the key and `seed`: a request that is made again makes the same ids. */
  derive(seed: string, size: number): Uint8Array;
}
