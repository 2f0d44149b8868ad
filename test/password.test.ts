import { expect, test } from 'vitest'
import { newPassword } from '../src/password.ts'

test('a new password is long, has every kind of character, and is never the same', () => {
  const passwords = Array.from({ length: 100 }, newPassword)
  for (const password of passwords) {
    expect(password).toMatch(/^[\w-]{36}$/)
    for (const kind of [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/]) expect(password).toMatch(kind)
  }
  expect(new Set(passwords).size).toBe(100)
})
