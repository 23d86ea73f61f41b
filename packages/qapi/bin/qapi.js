#!/usr/bin/env node
// Runs the bundle of qapi, which tools/bundle.mjs writes.
const { setFlagsFromString } = require('node:v8');

// Code has to run forty times as often as by default before V8 optimizes it: most runs end before that pays.
setFlagsFromString('--interrupt-budget=5280000');
require('../dist/bundle/load.cjs')('qapi');
