import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export type Seen = {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: what the adapter sends is what the tests look at
  readonly body: any;
};

/** What a documented call answers, and where an event it accepts goes; undefined: there is no such call. */
export type Calls = (
  seen: Seen,
  places: Places,
) => { status: number; body: object; event?: { group: string; data: object } } | undefined;

/** Where events go, by what groups them there, and the headers that sign a body for the place. */
export type Places = Map<string, readonly Place[]>;
export type Place = {
  readonly url: string;
  readonly sign: (body: string) => Record<string, string>;
  pending: number;
  delivered: number;
};

const textOf = async (request: IncomingMessage) => {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
};

/** A hub on loopback that answers as another's documentation says, keeps what it was asked, and delivers at once. */
export async function startFakeHub(calls: Calls) {
  const seen: Seen[] = [];
  const places: Places = new Map();
  const server = createServer(async (request, response) => {
    const text = await textOf(request);
    const one = {
      method: request.method ?? "",
      path: request.url ?? "",
      authorization: request.headers.authorization,
      contentType: request.headers["content-type"],
      body: text === "" ? null : JSON.parse(text),
    };
    seen.push(one);
    const answer = calls(one, places);
    response.writeHead(answer?.status ?? 404, { "content-type": "application/json" });
    response.end(JSON.stringify(answer?.body ?? { error: "no such call" }));
    const body = JSON.stringify({ envelope: answer?.event?.data });
    const sends = (places.get(answer?.event?.group ?? "") ?? []).map(async (place) => {
      place.pending++;
      await (await fetch(place.url, { method: "POST", headers: place.sign(body), body })).arrayBuffer();
      place.pending--;
      place.delivered++;
    });
    // Where no receiver is, the test looks at the requests alone.
    await Promise.allSettled(sends);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    seen,
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
