import type { ResourceRules } from '../mapping/rules.ts'
import {
  nameOfNew,
  questionOfCreate,
  planCreate,
  refuseClashes,
  refuseReadOnly,
} from '../plan/create.ts'
import { project } from '../scim/projection.ts'
import { normalizeResource } from '../scim/resource.ts'
import { validatorOf } from '../scim/validate.ts'
import { adopt } from './adopt.ts'
import { allocated } from './allocate.ts'
import type { Context } from './context.ts'
import { serverOf } from './context.ts'
import { gather } from './gather.ts'
import { askedAbove, requireNewcomer } from './joinable.ts'
import { numbered, retriedByNumber } from './number.ts'
import { retriedInDoubt } from './retry.ts'
import { revive } from './revive.ts'
import { carryOut } from './update.ts'
import type { Created, WriteOptions } from './write.ts'

/**
 * POST (RFC 7644 §3.3): a new entry, unless the mapping says that one which is there already is meant.
 *
 * @throws {ScimError} invalidValue, uniqueness, …
 */
export async function create(
  context: Context,
  resource: ResourceRules,
  body: unknown,
  { projection }: WriteOptions,
): Promise<Created> {
  const { rules, tolerance } = context
  refuseReadOnly(resource.attributes, body)
  const wanted = normalizeResource(resource.type, body, tolerance)
  validatorOf(resource.type)(wanted, 'create')
  const server = await serverOf(context)
  const spare = rules.dialect.password.required ? context.newPassword() : undefined
  const shown = await retriedInDoubt(context, async () => {
    const dn = nameOfNew(rules, resource, wanted)
    const above = askedAbove(context, dn)
    const question = { ...questionOfCreate(resource, wanted), guarded: true, above } as const
    const facts = await gather(context, question, server)
    const known =
      facts.clashes.length > 0
        ? await adopt(context, resource, wanted, facts)
        : await revive(context, resource, wanted, facts)
    if (known !== undefined) return known
    refuseClashes(resource, wanted, facts)
    // What would be refused anyway costs no number.
    const whole = await allocated(context, resource, wanted, server, (body) =>
      planCreate(rules, resource, body, facts, tolerance, spare),
    )
    return retriedByNumber(context, resource, async (tries) => {
      const counted = await numbered(context, resource, whole, 'create', { tries })
      const plan = planCreate(counted, resource, whole, facts, tolerance, spare)
      const [add] = plan.steps
      if (add !== undefined) await requireNewcomer(context, resource, add.write.dn, facts)
      return carryOut(context, resource, plan, facts, resource.attributes)
    })
  })
  const { location = '' } = shown.meta as { location?: string }
  const { id = '' } = shown as { id?: string }
  return { id, resource: project(resource.type, shown, projection), location }
}
