import { expect, test } from 'vitest'
import type { PatchPath } from '../../src/scim/patch-path.ts'
import { parsePatchPath, printPatchPath } from '../../src/scim/patch-path.ts'
import { randomFrom } from '../support/random.ts'
import { randomFilter, randomPath } from './random-filter.ts'
import { refusalOf } from './refusal.ts'
import { readVectors } from './vectors.ts'

const { valid, invalid } = readVectors<PatchPath>('patch-path', 'patchPath')

test.each(valid)('the path $text is read ($section)', ({ text, parsed }) => {
  expect(parsePatchPath(text)).toEqual(parsed)
})

test.each(invalid)('the path $text is refused ($section)', ({ text, error, scimType }) => {
  expect(refusalOf(() => parsePatchPath(text))).toEqual({
    status: 400,
    scimType: scimType ?? 'invalidPath',
    detail: expect.stringContaining(error) as string,
  })
})

test('whatever path is printed is read the same', () => {
  const random = randomFrom(352)
  for (let round = 0; round < 1000; round++) {
    const path = randomPath(random)
    const filtered = random(2) === 0
    const patchPath = {
      path,
      ...(filtered ? { filter: randomFilter(random, 2, true) } : {}),
      ...(filtered && random(2) === 0 ? { sub: '$ref' } : {}),
    }
    expect(parsePatchPath(printPatchPath(patchPath))).toEqual(patchPath)
  }
})
