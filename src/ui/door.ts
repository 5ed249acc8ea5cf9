/** A way into a sandbox tailnet: a local URL that reaches the service as one person or device. */
export interface Door {
  /** Who a visitor through this door is, such as `alice@example.com` or `ci (tag:ci)`. */
  who: string;
  /** What to open: in a browser, or where it starts `tcp:` as host and port. */
  url: string;
}
