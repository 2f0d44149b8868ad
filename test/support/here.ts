import { describe, test } from 'vitest'
import { hasDs389 } from './ds389.ts'
import { hasRedis } from './redis.ts'
import { hasRestartable } from './restartable.ts'
import { hasSamba } from './samba.ts'

/*
 * Groups of tests that need a program of this machine. It is installed where that is possible; where
 * it is not, they are left out, which the start of the run tells (setup.ts). In continuous
 * integration as root that is a failure of the whole run, so nothing is left out there unnoticed.
 */

/** 389 Directory Server runs natively alone: nobody ships an image of it that the tests could use. */
export const describeDs389 = describe.runIf(await hasDs389())
/** So does Samba, which needs root besides. */
export const describeSamba = describe.runIf(await hasSamba())
/** A slapd whose process the test signals; one in a container is out of reach for that. */
export const describeSlapd = describe.runIf(await hasRestartable())
export const testSlapd = test.runIf(await hasRestartable())
export const describeRedis = describe.runIf(await hasRedis())
