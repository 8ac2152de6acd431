import { CONTRACTS } from "@ticketrail/contracts";
import { expect, test } from "vitest";
import { checkHeaders } from "./endpoint-headers.ts";

const contractOf = (name: string) => {
  const contract = CONTRACTS.find((one) => one.name === name);
  if (!contract) throw new Error(`no ${name}`);
  return contract;
};
const standard = contractOf("standard");

test("names come out in lower case", () => {
  expect(checkHeaders(standard, CONTRACTS, { "X-Kitchen": "1", Authorization: "Bearer x" })).toEqual({
    "x-kitchen": "1",
    authorization: "Bearer x",
  });
});

test.each([
  "host",
  "Content-Length",
  "content-encoding",
  "Transfer-Encoding",
  "connection",
  "TE",
  "Expect",
  "proxy-connection",
  "upgrade",
  "webhook-id",
  "Webhook-Signature",
  "user-agent",
  "",
  "a b",
  "x:y",
  "é",
])("%j cannot be set", (name) => {
  expect(() => checkHeaders(standard, CONTRACTS, { [name]: "x" })).toThrow();
});

test("the signature's headers of any contract are refused", () => {
  expect(() =>
    checkHeaders(contractOf("olympus"), CONTRACTS, { "X-Olympus-Signature": "t=1,v1=0" }),
  ).toThrow();
  expect(() => checkHeaders(contractOf("mipos"), CONTRACTS, { "Signature-Webhook": "0" })).toThrow();
  expect(() => checkHeaders(standard, CONTRACTS, { "X-Olympus-Signature": "t=1,v1=0" })).toThrow(
    "a signature's",
  );
});

test.each(["a\rb", "a\nb", "a\0b", "x".repeat(1_001), "😀"])("the value %j is refused", (value) => {
  expect(() => checkHeaders(standard, CONTRACTS, { "x-a": value })).toThrow();
});

test("one name twice, and more than 20, are refused", () => {
  expect(() => checkHeaders(standard, CONTRACTS, { "X-A": "1", "x-a": "2" })).toThrow(
    "headers.x-a is given twice",
  );
  const many = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`x-${index}`, "1"]));
  expect(() => checkHeaders(standard, CONTRACTS, many)).toThrow("headers must be 20 at most");
});
