/**
 * The order in which operations can run that need each other: every operation after those that it
 * needs, apart from that in the order given. An operation that comes too early waits; what it needs
 * is not drawn forward. Operations that need each other in a circle come together as one unit, in
 * the order in which the fewest come before what they need. Time and memory are linear.
 *
 * @param needs By operation: the operations that must come before it.
 */
export function orderUnits(needs: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const units = unitsOf(needs)
  const unitOf = new Array<number>(needs.length)
  units.forEach((unit, number) => unit.forEach((operation) => (unitOf[operation] = number)))
  // What a unit waits for: that each of its operations has its turn, and the units that it needs.
  const waiting = units.map(({ length }) => length)
  const dependents = units.map((): number[] => [])
  needs.forEach((needed, operation) => {
    const own = unitOf[operation] ?? 0
    for (const other of needed) {
      const unit = unitOf[other] ?? 0
      if (unit === own) continue
      waiting[own] = (waiting[own] ?? 0) + 1
      dependents[unit]?.push(own)
    }
  })
  const ordered: (readonly number[])[] = []
  const ready: number[] = []
  const release = (unit: number) => {
    waiting[unit] = (waiting[unit] ?? 0) - 1
    if (waiting[unit] === 0) ready.push(unit)
  }
  for (const unit of unitOf) {
    release(unit)
    while (ready.length > 0) {
      const next = ready.splice(0)
      for (const number of next) {
        ordered.push(units[number] ?? [])
        dependents[number]?.forEach(release)
      }
    }
  }
  return ordered
}

/**
 * Strongly connected components (Tarjan), with a stack of its own because chains may be long. In
 * each one the operations stand in the order in which they were left for good: what they need
 * before them, except where the circle closes.
 */
function unitsOf(needs: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const UNSEEN = -1
  const entered = new Array<number>(needs.length).fill(UNSEEN)
  const lowest = new Array<number>(needs.length).fill(0)
  const unitOf = new Array<number>(needs.length).fill(UNSEEN)
  const left: number[] = []
  const open: number[] = []
  let clock = 0
  let count = 0
  const enter = (operation: number) => {
    entered[operation] = lowest[operation] = clock++
    open.push(operation)
    return { operation, edge: 0 }
  }
  const lower = (operation: number, to: number) => {
    lowest[operation] = Math.min(lowest[operation] ?? 0, to)
  }
  for (let root = 0; root < needs.length; root++) {
    if (entered[root] !== UNSEEN) continue
    const path = [enter(root)]
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { operation } = top
      const next = needs[operation]?.[top.edge++]
      if (next !== undefined) {
        if (entered[next] === UNSEEN) path.push(enter(next))
        else if (unitOf[next] === UNSEEN) lower(operation, entered[next] ?? 0)
        continue
      }
      path.pop()
      left.push(operation)
      const parent = path.at(-1)
      if (parent !== undefined) lower(parent.operation, lowest[operation] ?? 0)
      if (lowest[operation] !== entered[operation]) continue
      for (let member = open.pop(); member !== undefined; member = open.pop()) {
        unitOf[member] = count
        if (member === operation) break
      }
      count++
    }
  }
  const units = Array.from({ length: count }, (): number[] => [])
  for (const operation of left) units[unitOf[operation] ?? 0]?.push(operation)
  return units
}
