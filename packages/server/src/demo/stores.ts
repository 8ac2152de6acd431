import { randomBytes } from "node:crypto";
import type { Client } from "./hub.ts";
import { Dice } from "./random.ts";
import { mipos } from "./receivers/mipos.ts";
import { olympus } from "./receivers/olympus.ts";
import { ordeliya } from "./receivers/ordeliya.ts";
import { type Behaviour, Receiver } from "./receivers/receiver.ts";
import { sela } from "./receivers/sela.ts";
import { standard } from "./receivers/standard.ts";

export const CONTRACTS = ["sela", "mipos", "olympus", "ordeliya", "standard"] as const;
export type ContractName = (typeof CONTRACTS)[number];
export type Receivers = Readonly<Record<ContractName, Receiver>>;

export interface DemoStore {
  readonly id: string;
  readonly name: string;
  /** The last part of its webhooks' addresses. */
  readonly account: string;
  readonly contracts: readonly ContractName[];
  /** The API keys that its integrators hold. */
  readonly keys: ReadonlyMap<ContractName, string>;
}

const PLAN: readonly Omit<DemoStore, "id" | "keys">[] = [
  { name: "Burger Souk", account: "burger-souk", contracts: ["sela"] },
  { name: "Arepa Norte", account: "arepa-norte", contracts: ["mipos"] },
  { name: "Olympia Diner", account: "olympia-diner", contracts: ["olympus"] },
  { name: "Pizza Havn", account: "pizza-havn", contracts: ["ordeliya"] },
  { name: "Mixed Kitchen", account: "mixed-kitchen", contracts: CONTRACTS },
];

export const BEHAVIOUR: Readonly<Record<ContractName, string>> = {
  sela: "fails a third of the time",
  mipos: "down for a while",
  olympus: "slow",
  ordeliya: "healthy",
  standard: "healthy",
};

export async function startReceivers(seed: number): Promise<Receivers> {
  const dice = new Dice(seed);
  const behave = (contract: ContractName, more: Omit<Behaviour, "label"> = {}): Behaviour => ({
    label: BEHAVIOUR[contract],
    ...more,
  });
  return {
    sela: await Receiver.start(sela, behave("sela", { fails: () => dice.next() < 1 / 3 })),
    mipos: await Receiver.start(mipos, behave("mipos")),
    olympus: await Receiver.start(olympus, behave("olympus", { delayMs: 600 })),
    ordeliya: await Receiver.start(ordeliya, behave("ordeliya")),
    standard: await Receiver.start(standard, behave("standard")),
  };
}

/** Five restaurants; each integrator registers its webhook in the way its contract documents. */
export async function openStores(operator: Client, receivers: Receivers): Promise<DemoStore[]> {
  const stores: DemoStore[] = [];
  for (const plan of PLAN) {
    const store = await operator.post<{ id: string }>("/v1/stores", {
      name: plan.name,
      currency: "EUR",
      timezone: "Europe/Copenhagen",
      plan: "professional",
      externalId: `POS-${plan.account}`,
    });
    const keys = new Map<ContractName, string>();
    for (const contract of plan.contracts) {
      const place = { storeId: store.id, account: plan.account, receiver: receivers[contract] };
      keys.set(contract, await REGISTER[contract](operator, place));
    }
    stores.push({ ...plan, id: store.id, keys });
  }
  return stores;
}

interface Place {
  readonly storeId: string;
  readonly account: string;
  readonly receiver: Receiver;
}
/** Registers the receiver for the store; gives the key with which its integrator calls the hub. */
type Register = (operator: Client, place: Place) => Promise<string>;

async function newKey(operator: Client, place: Place, contract: ContractName) {
  return operator.post<MiposKey>("/v1/keys", { storeId: place.storeId, contract });
}
interface MiposKey {
  readonly key: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
  readonly webhookSecret: string;
}

const REGISTER: Readonly<Record<ContractName, Register>> = {
  async ordeliya(operator, place) {
    const { key } = await newKey(operator, place, "ordeliya");
    const secret = `whsec_${randomBytes(16).toString("hex")}`;
    place.receiver.trust(place.account, secret);
    await operator.with(key).post("/ordeliya/webhooks", {
      url: place.receiver.url(place.account),
      events: ["order.created", "order.status_updated", "order.completed", "order.cancelled"],
      secret,
    });
    return key;
  },

  async olympus(operator, place) {
    const { key } = await newKey(operator, place, "olympus");
    const secret = randomBytes(12).toString("hex");
    place.receiver.trust(place.account, secret);
    await operator.with(key).post("/olympus/v1/webhooks", {
      url: place.receiver.url(place.account),
      events: [
        "order.created",
        "order.updated",
        "order.sent",
        "order.ready",
        "order.completed",
        "order.cancelled",
      ],
      secret,
    });
    return key;
  },

  async mipos(operator, place) {
    const { clientId, clientSecret, refreshToken, webhookSecret } = await newKey(operator, place, "mipos");
    place.receiver.trust(place.account, webhookSecret);
    const { data } = await operator.post<{ data: { token: string } }>("/mipos/api/oauth/token/refresh", {
      client_id: clientId,
      client_secret: clientSecret,
      grant_type: "refresh_token",
      refresh_token: refreshToken,
    });
    const url = place.receiver.url(place.account);
    await operator.with(data.token).post("/mipos/api/v1/integration/webhook/create", { type: "ORDER", url });
    return data.token;
  },

  /** Sela's endpoints are registered in its dashboard; here by the operator. */
  async sela(operator, place) {
    const { key } = await newKey(operator, place, "sela");
    await registerNatively(operator, place, "sela");
    return key;
  },

  async standard(operator, place) {
    const { key } = await newKey(operator, place, "standard");
    await registerNatively(operator.with(key), place, "standard");
    return key;
  },
};

async function registerNatively(client: Client, place: Place, contract: ContractName): Promise<void> {
  const { secret } = await client.post<{ secret: string }>("/v1/endpoints", {
    storeId: place.storeId,
    contract,
    url: place.receiver.url(place.account),
    events: ["order.*"],
  });
  place.receiver.trust(place.account, secret);
}
