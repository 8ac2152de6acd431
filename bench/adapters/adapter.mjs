import { convoy } from "./convoy.mjs";
import { outpost } from "./outpost.mjs";
import { svix } from "./svix.mjs";
import { ticketrail } from "./ticketrail.mjs";

/**
 * How the bench drives a hub. What groups the endpoints that an event goes to is called a store here: an application, a
 * tenant, an owner there. Every event carries `MARKER`, by which the receivers know it in whatever envelope it comes.
 * @typedef {object} Adapter
 * @property {(name: string) => Promise<string>} createStore its id; `name` is new in every run
 * @property {(input: {storeId: string, url: string}) => Promise<Endpoint>} createEndpoint one that gets all the store's events
 * @property {(storeId: string) => import("../wire/template.mjs").RequestShape} publishing the request that accepts one event
 * @property {string | null} signatureHeaders what `-id`, `-timestamp` and `-signature` follow in the headers of a
 *   signature by Standard Webhooks; null: signed in another way, and not checked
 * @property {((endpointIds: string[]) => Promise<{delivered: number, pending: number, dead: number}>) | null} ledger
 *   the hub's own count of what became of these endpoints' deliveries; null: it is not asked
 */
/** @typedef {{id: string, secret: string | null}} Endpoint `secret` null: its signatures are not checked */

/**
 * @typedef {object} Target
 * @property {URL} base under which the documented paths begin
 * @property {string} key sent as `Authorization: Bearer`
 * @property {string} [project] only where `needsProject`
 * @property {string} [topic] the events' type
 */

/** @type {Record<string, {connect: (target: any) => Adapter, base: string, needsProject: boolean}>} `base`: as installed */
export const ADAPTERS = {
  ticketrail: { connect: ticketrail, base: "http://127.0.0.1:8080", needsProject: false },
  svix: { connect: svix, base: "http://127.0.0.1:8071", needsProject: false },
  convoy: { connect: convoy, base: "http://127.0.0.1:5005/api", needsProject: true },
  outpost: { connect: outpost, base: "http://127.0.0.1:3333/api/v1", needsProject: false },
};
