/**
 * What both sides say of a run's deliveries.
 * @typedef {object} Ledger
 * @property {boolean} agrees
 * @property {number} expected accepted × fan-out
 * @property {{distinct: number, duplicates: number, checked: number, wrong: number}} received
 * @property {{delivered: number, pending: number, dead: number} | null} hub null: it was not asked
 */

/** @param {string} scenario @param {Ledger} ledger @returns {import("./report.mjs").Row} */
export function ledgerRow(scenario, { agrees, expected, received, hub }) {
  const says =
    hub === null
      ? "the hub was not asked"
      : `the hub says ${hub.delivered} delivered, ${hub.pending} pending, ${hub.dead} dead`;
  const signatures =
    received.checked === 0
      ? "signatures not checked"
      : `${received.checked - received.wrong} of ${received.checked} signatures right`;
  return {
    scenario,
    figure: agrees ? "ledger agrees" : "LEDGER DISAGREES",
    value: expected,
    unit: "deliveries",
    note: `received ${received.distinct} (+${received.duplicates} again), ${says}; ${signatures}`,
  };
}
