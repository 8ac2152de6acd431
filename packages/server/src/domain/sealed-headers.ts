import type { Endpoint } from "./endpoint.ts";

type Headers = Endpoint["headers"];
interface Seals {
  seal(plain: string, ownerId: string): string;
}
interface Opens {
  open(sealed: string, ownerId: string): string;
}

/** An endpoint's own headers may hold what its receiver asks for, an `authorization` say: their values are secrets. */
export const sealHeaders = (vault: Seals, endpointId: string, headers: Headers): Headers =>
  mapped(headers, (value, name) => vault.seal(value, ownerOf(endpointId, name)));

export const openHeaders = (vault: Opens, { id, headers }: Pick<Endpoint, "id" | "headers">): Headers =>
  mapped(headers, (value, name) => {
    try {
      return vault.open(value, ownerOf(id, name));
    } catch {
      // Stored in the clear by an earlier release.
      return value;
    }
  });

const ownerOf = (endpointId: string, name: string): string => `${endpointId} ${name}`;

const mapped = (headers: Headers, each: (value: string, name: string) => string): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, each(value, name)]));
