import { expect, test } from 'vitest'
import { Metrics } from '../../src/http/metrics.ts'
import { cellsOf, documentOf } from '../support/markdown.ts'

test('docs/observability.md tells every metric', async () => {
  const text = await new Metrics().text()
  const exported = [...text.matchAll(/^# TYPE (scim2ldap_\w+) /gm)].map(([, name]) => name)
  const rows = cellsOf(documentOf('docs/observability.md'), /^\| metric /m)
  expect(rows.map(([name]) => name).sort()).toEqual(exported.sort())
})
