/** Records of requests, as a router would make them. */
import type { AttemptLeg, AttemptRecord } from "../../../src/AttemptLog.ts"

export const leg = (of: Partial<AttemptLeg> = {}): AttemptLeg => ({
  provider: "openai",
  tier: "standard",
  openedAtMs: 0,
  startedAtMs: 400,
  endedAtMs: 900,
  outcome: "completed",
  usage: null,
  costMicroUsd: null,
  listMicroUsd: null,
  ...of
})

export const record = (of: Partial<AttemptRecord> = {}): AttemptRecord => ({
  v: 1,
  time: "2026-11-25T08:30:00.000Z",
  level: "info",
  event: "request",
  requestId: "req_1",
  key: "team-a",
  surface: "responses",
  model: "gpt-5.5",
  provider: "openai",
  tier: "standard",
  reason: "tier_direct",
  status: 200,
  startWithin: "default",
  startedAfterMs: 400,
  durationMs: 900,
  usage: null,
  costMicroUsd: 1000,
  listMicroUsd: 1000,
  savingMicroUsd: 0,
  retries: 0,
  fallbackAttempts: 0,
  rung: null,
  legs: [leg()],
  ...of
})

/** One that flex won. */
export const won = (of: Partial<AttemptRecord> = {}): AttemptRecord =>
  record({
    tier: "flex",
    reason: "flex_won",
    startWithin: "00h-00m-30s",
    startedAfterMs: 2200,
    costMicroUsd: 500,
    savingMicroUsd: 500,
    legs: [leg({ tier: "flex", startedAtMs: 2200 })],
    ...of
  })

/** One in which flex was beaten by standard. */
export const escalated = (of: Partial<AttemptRecord> = {}): AttemptRecord =>
  record({
    reason: "flex_deadline",
    startWithin: "00h-00m-05s",
    startedAfterMs: 5400,
    legs: [leg({ tier: "flex", startedAtMs: null, outcome: "beaten" }), leg({ startedAtMs: 5400 })],
    ...of
  })
