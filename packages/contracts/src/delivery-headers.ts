/** What every contract sends that publishes no user agent of its own. */
export const JSON_DELIVERY: Readonly<Record<string, string>> = {
  "content-type": "application/json",
  "user-agent": "Ticketrail/0.1",
};
