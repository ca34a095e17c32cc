/** What browsers of other origins may do. Every surface has its own. */
export type CorsPolicy = {
  readonly methods: readonly string[]
  /** Request headers allowed beyond the safelisted ones. */
  readonly allow: readonly string[]
  /** Response headers scripts may read beyond the safelisted ones. */
  readonly expose: readonly string[]
}

/** Flat header list of a policy that is open to every origin; no credentials are ever allowed with it. */
export function openCors(policy: CorsPolicy): readonly string[] {
  return [
    'Access-Control-Allow-Origin',
    '*',
    'Access-Control-Allow-Methods',
    policy.methods.join(', '),
    'Access-Control-Allow-Headers',
    policy.allow.join(', '),
    'Access-Control-Expose-Headers',
    policy.expose.join(', '),
  ]
}
