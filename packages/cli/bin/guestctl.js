#!/usr/bin/env node
// Runs the bundle of guestctl, which tools/bundle.mjs writes.
require('../dist/bundle/load.cjs')('guestctl');
