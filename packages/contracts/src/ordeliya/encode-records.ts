/** The `data` of customers', products' and reservations' bodies, of which the document names the contents alone. */
import type { StoreFacts } from "../canonical.ts";
import { moneyOf } from "../money.ts";
import { amount, flag, type PlainRecord, quantity, record, strings, text } from "../record.ts";

const contact = (person: PlainRecord) => ({
  id: text(person.id),
  name: text(person.name),
  email: text(person.email),
  phone: text(person.phone),
});

export const customerCreated = (customer: PlainRecord) => ({
  ...contact(customer),
  createdAt: text(customer.createdAt),
});

const PROFILE_FIELDS = ["name", "email", "phone"] as const;

/** "Updated fields": those of the profile that the update names, and no others. */
export function customerUpdated(customer: PlainRecord) {
  const updated = PROFILE_FIELDS.filter((name) => customer[name] !== undefined);
  const named = strings(customer.changedFields);
  return {
    id: text(customer.id),
    ...Object.fromEntries(updated.map((name) => [name, text(customer[name])])),
    changedFields: named.length > 0 ? named : updated,
  };
}

export const product = (item: PlainRecord, store: StoreFacts) => ({
  id: text(item.id),
  name: text(item.name),
  description: text(item.description),
  priceMinor: amount(item.priceMinor),
  currency: moneyOf(item, store).currency,
  isAvailable: flag(item.available),
  categoryId: text(item.categoryId),
});

export const productUpdated = (item: PlainRecord, store: StoreFacts) => ({
  ...product(item, store),
  changedFields: strings(item.changedFields),
});

const reservation = (booking: PlainRecord, status: "PENDING" | "CONFIRMED" | "CANCELLED") => {
  const customer = record(booking.customer);
  return {
    id: text(booking.id),
    status,
    customer: customer && contact(customer),
    partySize: quantity(booking.partySize),
    startsAt: text(booking.startsAt),
    table: text(booking.table),
    notes: text(booking.notes),
    createdAt: text(booking.createdAt),
  };
};

export const reservationCreated = (booking: PlainRecord) => reservation(booking, "PENDING");

export const reservationConfirmed = (booking: PlainRecord) => ({
  ...reservation(booking, "CONFIRMED"),
  confirmedAt: text(booking.confirmedAt),
  confirmedBy: text(booking.confirmedBy),
});

export const reservationCancelled = (booking: PlainRecord) => ({
  ...reservation(booking, "CANCELLED"),
  cancellationReason: text(booking.reason),
});
