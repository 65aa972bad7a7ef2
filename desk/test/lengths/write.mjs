// Writes the fixture that both counters are held to; the same texts and figures in every run.
import { writeFileSync } from 'node:fs'
import { FIXTURE, fixture } from './fixture.mjs'

writeFileSync(FIXTURE, fixture())
