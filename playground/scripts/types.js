/**
 * The types of the page, for editors and for `tsc --checkJs`. The page does not load this file.
 *
 * @typedef {"alice" | "bob"} Name
 * @typedef {"pqxdh" | "x3dh"} Suite
 *
 * @typedef {{do: "publish"}
 *   | {do: "begin", suite: Suite}
 *   | {do: "send", who: Name, text: string}
 *   | {do: "send_many", who: Name, count: number}
 *   | {do: "deliver" | "double" | "damage" | "drop", envelope: number}
 *   | {do: "steal", who: Name}} Step
 *
 * @typedef {{event: string, envelope?: number, copy?: number, suite?: Suite, who?: Name,
 *   code?: string, words?: string, new_chain?: boolean, skipped?: number, late?: boolean,
 *   key?: "own" | "peer" | "first"}} SceneEvent
 *
 * @typedef {{sent: number, received: number, dh_steps: number, root_fingerprint: string, skipped_keys: number,
 *   suite: Suite, pq_epoch?: number}} Status
 * @typedef {{from: Name, text: string, envelope: number, late: boolean}} Line
 * @typedef {{fingerprint: string, wiped: boolean, key?: string}} RootKey
 * @typedef {{n: number, chain: string, message: string, state: "held" | "skipped" | "wiped", envelope: number | null,
 *   key?: string}} Link
 * @typedef {{direction: "sending" | "receiving", root: number, ended: boolean, before?: number, links: Link[],
 *   next: {n: number, chain: string, key?: string} | null}} Chain
 * @typedef {{root: RootKey[], chains: Chain[]}} Chains
 * @typedef {{session: boolean, status: Status | null, chains: Chains | null, talk: Line[]}} Party
 *
 * @typedef {{loot: "text" | "header" | "nothing", reason: string, why: string}} Loot
 * @typedef {{id: number, from: Name, to: Name, text: string, kind: "first" | "later", bytes: number, hex: string,
 *   state: "in_flight" | "delivered" | "refused" | "dropped", copy_of: number | null, damaged: boolean,
 *   header: {key: string, pn: number, n: number}, thief: Loot | null, many?: number}} Envelope
 * @typedef {{name: string, kind: "identity" | "signed" | "one-time" | "kem", fingerprint: string, id: number | null,
 *   signed: boolean}} BundleKey
 * @typedef {{suite: Suite, bytes: number, keys: BundleKey[]}} Bundle
 * @typedef {{name: string, fingerprint: string}} NamedKey
 * @typedef {{suite: Suite, inputs: (NamedKey & {of: string[]})[], derived: (NamedKey & {of: string[]})[],
 *   public: NamedKey[], associated_data: string}} Handshake
 * @typedef {{victim: Name, at_step: number, locked_out: boolean}} Thief
 * @typedef {{version: number, phase: "strangers" | "published" | "agreed", steps: number,
 *   parties: {alice: Party, bob: Party}, wire: Envelope[], bundle: Bundle | null, handshake: Handshake | null,
 *   thief: Thief | null, same_root: boolean | null, in_flight: number}} View
 *
 * @typedef {{apply(step: string): string, view(showKeys: boolean): string, free(): void}} Scene
 * @typedef {{step: Step, events: SceneEvent[], sentence?: string}} Entry
 * @typedef {{seed: bigint, steps: Step[], place: {lesson: Lesson, at: number} | null}} Beginning
 *
 * @typedef {{play(step: Step): boolean, playAll(steps: Step[], words?: string): boolean, redraw(): void,
 *   say(sentence: string): void, open(lesson: string, at: number): boolean, leave(): void, freePlay(): void}} Actions
 *
 * @typedef {{id: string, words: string, holds: (view: View) => boolean}} Claim
 * @typedef {{text: string, look?: string, do?: Step[], claims: Claim[]}} LessonStep
 * @typedef {{document: string, section: string, title: string}} Section
 * @typedef {{id: string, title: string, short: string, question: string, seed: bigint, sections: Section[],
 *   steps: LessonStep[]}} Lesson
 */

/**
 * All that the scripts share. Each adds its part, in the order in which the page loads them.
 * @type {any}
 */
var playground;
