/**
 * Which of the live processes a lane belongs to: the one whose id, put together with the endpoint's, hashes highest.
 * All who know the same ids agree without a word, and when one comes or goes only its own share moves. Null: nobody lives.
 */
export function ownerOf(endpointId: string, processIds: readonly string[]): string | null {
  let owner: string | null = null;
  let highest = -1;
  for (const id of processIds) {
    const weight = hash(`${id} ${endpointId}`);
    if (weight < highest || (weight === highest && owner !== null && id > owner)) continue;
    owner = id;
    highest = weight;
  }
  return owner;
}

/** FNV-1a over UTF-16 units, with a finish (of MurmurHash3) that lets the last characters reach every bit. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35);
  return (sum ^ (sum >>> 16)) >>> 0;
}
