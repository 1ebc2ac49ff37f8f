/** Counts who waits for one provider, in all and of each workspace, so that neither passes its bound. */
export class Seats {
  taken = 0
  readonly #byWorkspace = new Map<string, number>()
  readonly #max: number
  readonly #maxPerWorkspace: number

  constructor(max: number, maxPerWorkspace: number) {
    this.#max = max
    this.#maxPerWorkspace = maxPerWorkspace
  }

  /** Takes a seat, or returns `false` where none is left for this workspace; one who comes back finds a seat in any case. */
  take(workspaceId: string, isBack: boolean): boolean {
    const own = this.#byWorkspace.get(workspaceId) ?? 0
    if (!isBack && (this.taken >= this.#max || own >= this.#maxPerWorkspace)) return false
    this.taken++
    this.#byWorkspace.set(workspaceId, own + 1)
    return true
  }

  free(workspaceId: string) {
    const own = this.#byWorkspace.get(workspaceId) ?? 0
    if (own === 0) return
    this.taken--
    if (own === 1) this.#byWorkspace.delete(workspaceId)
    else this.#byWorkspace.set(workspaceId, own - 1)
  }
}
