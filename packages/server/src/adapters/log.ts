import {
  type Bindings,
  type ChildLoggerOptions,
  type DestinationStream,
  type LevelWithSilent,
  type Logger,
  pino,
  stdTimeFunctions,
} from "pino";

const REDACTED = "[redacted]";
const MAX_DEPTH = 6;
const STDOUT = 1;
/** Characters that wait for room at most. */
const MAX_WAITING = 1_048_576;
const MAX_ITEMS = 100;

/** Whatever ends like this lets someone in, or proves who they are. */
const SECRET_NAME =
  /(?:secret|token|password|passphrase|signature|authorization|cookies?|key|hash|credentials?)$/;
/** Payloads, and what they say of people. */
const PRIVATE_NAMES = new Set(
  "body,rawbody,payload,data,headers,customer,customers,email,phone,address,notes,summary,plain,sealed".split(
    ",",
  ),
);

/** JSON lines on stdout, or on `destination`. Secrets and personal data are taken out by name, at any depth. */
export function createLogger(
  options: { readonly level: LevelWithSilent },
  destination: DestinationStream = output(STDOUT),
): Logger {
  const logger = pino(
    {
      level: options.level,
      // The host's name and the process's id are the platform's to add.
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redactRecord },
      serializers: { err: (error) => error },
    },
    destination,
  );
  // pino formats a root's bindings but not a child's; children inherit this from the root.
  const { child } = logger;
  logger.child = function redactedChild<Levels extends string = never>(
    this: Logger,
    bindings: Bindings,
    childOptions?: ChildLoggerOptions<Levels>,
  ): Logger<Levels> {
    return Reflect.apply(child, this, [redactRecord(bindings), childOptions]);
  };
  return logger;
}

/**
 * Where the log goes to a file on a disk that is full, lines are dropped: the hub must go on serving. `fd` is a file
 * descriptor.
 */
export function output(fd: number): DestinationStream {
  const stream = pino.destination({ dest: fd, sync: true, maxLength: MAX_WAITING });
  stream.on("error", () => undefined);
  return stream;
}

function redactRecord(record: Record<string, unknown>): Record<string, unknown> {
  return redactFields(record, 0);
}

function redactFields(record: object, depth: number): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) out[name] = redactField(name, value, depth);
  return out;
}

function redactField(name: string, value: unknown, depth: number): unknown {
  const plain = name.replace(/[-_]/g, "").toLowerCase();
  if (PRIVATE_NAMES.has(plain) || SECRET_NAME.test(plain)) return REDACTED;
  // A webhook's address often carries a token in its path or query.
  if (plain.endsWith("url")) return typeof value === "string" ? originOf(value) : REDACTED;
  if (name === "req" || name === "res") return describeExchange(value);
  return redact(value, depth + 1);
}

/** A server's request and response are too large to walk, and full of what must not be logged. */
function describeExchange(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const method = "method" in value ? { method: value.method } : {};
  const url = "url" in value && typeof value.url === "string" ? { url: originOf(value.url) } : {};
  const statusCode = "statusCode" in value ? { statusCode: value.statusCode } : {};
  return { ...method, ...url, ...statusCode };
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return describeError(value, depth);
  if (value instanceof Date) return value;
  // Bytes are never for reading.
  if (ArrayBuffer.isView(value) || depth > MAX_DEPTH) return REDACTED;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redact(item, depth + 1));
  return redactFields(value, depth);
}

function describeError(error: Error, depth: number): Record<string, unknown> {
  const code = "code" in error ? { code: error.code } : {};
  const cause = error.cause === undefined ? {} : { cause: redact(error.cause, depth + 1) };
  return { type: error.name, message: error.message, ...code, stack: error.stack, ...cause };
}

/** A path stays a path, without its query. */
function originOf(text: string): string {
  if (URL.canParse(text)) return new URL(text).origin;
  return text.split("?", 1)[0] ?? "";
}
