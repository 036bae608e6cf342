import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readDescription } from '../../../nodes/erizo/sdp/read.ts';
import type { RemoteDescription } from '../../../nodes/erizo/sdp/remote.ts';
import { checkSections } from '../../../nodes/erizo/slot.ts';
import { RtpParameters } from '../../../protocol/contracts/rtp-parameters.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import { limits } from '../../../protocol/limits.ts';
import { parse } from '../../../protocol/parse.ts';
import { parametersOf } from '../../../nodes/erizo/sdp/codecs.ts';
import { fuzzSeed, sdpInputs as count } from '../../support/fuzz/amount.ts';
import { heapInUse_bytes } from '../../support/fuzz/heap.ts';
import { sdpInputs } from '../../support/fuzz/sdp-inputs.ts';
import { chooseAll, OurSide, sentOn } from '../../support/sdp-side.ts';
import { fixture } from './sdp-kit.ts';

const ours = [0, 2].flatMap((first) => sentOn(fixture('chromium-publish'), String(first), first));
const slots = ours.map((section) => ({
  ...section,
  owner: undefined,
  consumer: undefined,
  dead: false,
}));

/** What it is answered with, by both kinds of connection; nothing where it is refused in defined words. */
function answersTo(text: string): { offer: RemoteDescription; answers: string[] } | undefined {
  try {
    const offer = readDescription(text);
    const chosen = chooseAll(offer);
    for (const section of offer.sections) {
      const one = chosen.get(section.mid);
      if (one !== undefined) {
        parse(RtpParameters, parametersOf(section, one), 'parameters', 'sdp_malformed');
      }
    }
    const side = new OurSide();
    const answers = [side.answerTo(offer)];
    checkSections(offer, slots);
    return { offer, answers: [...answers, side.sendingAnswer(offer, ours)] };
  } catch (thrown) {
    if (!(thrown instanceof RizomaError && thrown.code === 'sdp_malformed')) {
      throw thrown;
    }
    return undefined;
  }
}

/** Refused, or answered with lines that are SDP, as many m-sections as it has, and live ones in one bundle. */
function expectDefined(text: string): boolean {
  const answered = answersTo(text);
  for (const answer of answered?.answers ?? []) {
    const lines = answer.split('\r\n').slice(0, -1);
    if (lines.some((line) => !/^[a-z]=[\x20-\x7e]*$/.test(line))) {
      throw new Error(`a line of the answer is none: ${answer}`);
    }
    const sections = lines.filter((line) => line.startsWith('m=')).length;
    if (sections !== answered?.offer.sections.length || sections > limits.sdpSections) {
      throw new Error(`the answer has ${sections} m-sections`);
    }
    if (answer.includes('a=ice-ufrag')) {
      readDescription(answer);
    }
  }
  return answered !== undefined;
}

function run(numRuns: number, seed: number): number {
  let taken = 0;
  const { failed, errorInstance, counterexample, counterexamplePath } = fc.check(
    fc.property(sdpInputs, (text) => {
      taken += expectDefined(text) ? 1 : 0;
    }),
    { numRuns, seed, endOnFailure: true },
  );
  if (failed) {
    const what = errorInstance instanceof Error ? errorInstance.stack : String(errorInstance);
    throw new Error(`path ${counterexamplePath}: ${what}\n${JSON.stringify(counterexample)}`);
  }
  return taken;
}

it.each([[count, fuzzSeed]])(
  'answers or refuses %i changed descriptions of browsers in defined words, and keeps nothing of them (seed %i)',
  (inputs, seed) => {
    const warm = Math.ceil(inputs / 5);
    let taken = run(warm, seed);
    const before_bytes = heapInUse_bytes();
    taken += run(inputs - warm, seed + 1);
    const grown_bytes = heapInUse_bytes() - before_bytes;
    // A fuzz in which all is refused shows little.
    expect(taken).toBeGreaterThan(inputs / 50);
    expect(grown_bytes).toBeLessThan(4 * 1024 * 1024);
    console.log(JSON.stringify({ inputs, seed, taken, grown_bytes }));
  },
  3_600_000,
);
