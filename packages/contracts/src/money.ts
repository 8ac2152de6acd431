/** Money at the contracts' edges. Inside it is an integer of minor units, with the currency's exponent beside it. */
import type { StoreFacts } from "./canonical.ts";
import { type PlainRecord, text } from "./record.ts";

/** ISO 4217 currencies whose exponent is not 2. */
const EXPONENTS: ReadonlyMap<string, number> = new Map([
  ...["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"].map(exponent(0)),
  ...["UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"].map(exponent(0)),
  ...["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"].map(exponent(3)),
  ...["CLF", "UYW"].map(exponent(4)),
]);

function exponent(digits: number): (code: string) => [string, number] {
  return (code) => [code, digits];
}

/**
 * Digits after the point by ISO 4217 (list one): 2 for EUR, 0 for JPY, 3 for IQD; 2 for a code it does not know.
 * Not `Intl`, whose figures follow the CLDR's habits: 0 for IQD.
 */
export const currencyExponent = (currency: string): number => EXPONENTS.get(currency) ?? 2;

/** The currency of a record that may name its own, and otherwise has its store's. */
export function moneyOf(data: PlainRecord, store: StoreFacts): { currency: string; exponent: number } {
  const currency = text(data.currency);
  if (currency === null || currency === store.currency) return store;
  return { currency, exponent: currencyExponent(currency) };
}

/**
 * 1499 with exponent 2 → 14.99. One division of two exact integers is rounded once, to the double nearest to the
 * decimal, and that prints as the decimal itself up to 15 digits: no float noise below 10^15 minor units.
 */
export const decimal = (minor: number, exponent: number): number => minor / 10 ** exponent;

/**
 * Minor units as hundredths, whatever the currency: 1200 with exponent 0 → 120000. A third decimal is rounded
 * half away from zero: 12345 and -12345 with exponent 3 → 1235 and -1235.
 */
export function hundredths(minor: number, exponent: number): number {
  if (exponent === 2) return minor;
  if (exponent < 2) return minor * 10 ** (2 - exponent);
  const step = 10 ** (exponent - 2);
  const size = Math.abs(minor);
  const below = size % step;
  const rounded = (size - below) / step + (below * 2 >= step ? 1 : 0);
  return minor < 0 && rounded > 0 ? -rounded : rounded;
}
