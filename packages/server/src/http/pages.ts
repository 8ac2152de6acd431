import type { Contract } from "@ticketrail/contracts";
import type { FastifyInstance } from "fastify";
import type { NativeRoute } from "./native/route.ts";
import { type ApiDescription, contractDescription, nativeDescription } from "./reference/description.ts";
import { homePage } from "./reference/home.ts";
import { openApiOf } from "./reference/openapi.ts";
import { docsPath, referencePage } from "./reference/page.ts";
import { PAGE_HEADERS } from "./reference/style.ts";

export interface PageParts {
  readonly routes: readonly NativeRoute[];
  readonly native: Contract;
  readonly contracts: readonly Contract[];
}

/** interface: `/openapi.json`, `/docs`, one of each per contract besides, and a page at `/` that leads there. */
export function mountPages(app: FastifyInstance, { routes, native, contracts }: PageParts): void {
  const apis: readonly ApiDescription[] = [
    nativeDescription(native, routes),
    ...contracts.map(contractDescription),
  ];
  const page = (path: string, render: () => string) => {
    const text = once(render);
    app.get(path, async (_, reply) => reply.headers(PAGE_HEADERS).send(text()));
  };
  page("/", () => homePage(apis));
  for (const api of apis) {
    page(docsPath(api), () => referencePage(api, apis));
    const document = once(() => JSON.stringify(openApiOf(api)));
    app.get(`${api.base}/openapi.json`, async (_, reply) =>
      reply.header("content-type", "application/json; charset=utf-8").send(document()),
    );
  }
}

/** Made at the first request: a start must not wait for pages that nobody opens. */
function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
