import { setTimeout as pass } from 'node:timers/promises';
import * as v from 'valibot';
import { startLocal } from '../../infra/local.ts';
import type { LocalNode, LocalSystem } from '../../infra/local.ts';
import type { Say } from '../../infra/output.ts';
import { rootDir } from '../../infra/paths.ts';
import { NodeDetailAnswer } from '../../protocol/contracts/nodes.ts';
import { place } from '../support/place.ts';
import { nuve } from '../support/tokens.ts';
import { unlimited } from '../support/unlimited.ts';
import type { RoundTrips } from './floods/bystander.ts';
import { Bystander } from './floods/bystander.ts';
import type { Counts, Target } from './floods/flood.ts';
import { FloodProcess } from './floods/flood-process.ts';
import type { FloodName } from './floods/floods.ts';
import { floodNames, floods as all } from './floods/floods.ts';
import { waited_ms } from './cpu.ts';
import { rollup_KiB } from './processes.ts';
import type { Bench, Row } from './row.ts';
import { median, row } from './row.ts';

interface Form {
  /** Runs after the first one, which warms the node and is not counted. */
  readonly runs: number;
  /** Of one run. */
  readonly run_ms: number;
  /** After a flood, before memory is read. */
  readonly settle_ms: number;
}

const whole: Form = { runs: 10, run_ms: 5_000, settle_ms: 60_000 };
const short: Form = { runs: 2, run_ms: 3_000, settle_ms: 5_000 };

const region = 'eu-west';

/** A heartbeat of somebody else is to be answered within this while the node is flooded. */
const roundTrip_ms = 50;
/** Memory of the controller's process after a flood, over that before it. */
const memory = 1.1;

class Flooded {
  readonly #system: LocalSystem;
  readonly #form: Form;
  readonly #say: Say;

  constructor(components: { system: LocalSystem; say: Say }, options: { form: Form }) {
    this.#system = components.system;
    this.#say = components.say;
    this.#form = options.form;
  }

  async rows(name: FloodName): Promise<Row[]> {
    const { runs, run_ms, settle_ms } = this.#form;
    const [node] = this.#system.nodes;
    if (node === undefined) {
      throw new Error('the system has no node');
    }
    this.#say(`  ${name}: ${all[name].note} ...`);
    const before = await this.#leaseOf(node);
    const cold_KiB = await this.#memoryOf(node);
    const bystander = await Bystander.join(this.#target(node));
    const { median_ms: quiet_ms } = await bystander.measure(run_ms);
    await this.#run(name, node, { bystander, runs: 1 });
    const warm_KiB = await this.#memoryOf(node, settle_ms);
    const took = await this.#run(name, node, { bystander, runs });
    const after_KiB = await this.#memoryOf(node, settle_ms);
    bystander.leave();
    const lost = (await this.#leaseOf(node)) - before;
    const how = `of ${runs} runs of ${run_ms / 1_000} s, from another address; ${quiet_ms.toFixed(1)} ms without a flood; ${all[name].note}`;
    const left = `PSS of its process ${settle_ms / 1_000} s after ${runs} runs over that as long after the first run`;
    const longest_ms = Math.max(...took.map((one) => one.longest_ms));
    const figure = (what: string, value: number, unit: string, aim: number | null, note: string) =>
      row(`floods.${name}.${what}`, value, unit, aim, note);
    const median_ms = median(took.map((one) => one.median_ms));
    const waited = median(took.map((one) => one.waited));
    const starved =
      "of the time: the node's process stood ready and others ran; beyond 0.1 the machine is too busy to tell";
    return [
      figure('round-trip', median_ms, 'ms', roundTrip_ms, `median of the medians ${how}`),
      figure('longest', longest_ms, 'ms', null, 'round trip of all runs'),
      figure('without-core', waited, 'share', null, starved),
      figure('leases-lost', lost, 'leases', 0, "by the edge's number of the node's lease"),
      figure('memory', after_KiB / warm_KiB, 'ratio', memory, left),
      figure('memory-cold', after_KiB / cold_KiB, 'ratio', null, 'over that before the first run'),
    ];
  }

  #pidOf({ nodeId }: LocalNode): number {
    const pid = this.#system.nodes.find((node) => node.nodeId === nodeId)?.pid;
    if (pid === undefined) {
      throw new Error(`${nodeId} is down`);
    }
    return pid;
  }

  /** What the bystander had of each run, and for which share of it the node's process had no core. */
  async #run(
    name: FloodName,
    node: LocalNode,
    { bystander, runs }: { bystander: Bystander; runs: number },
  ): Promise<(RoundTrips & { waited: number })[]> {
    await using flood = await FloodProcess.open(name, this.#target(node));
    const took: (RoundTrips & { waited: number })[] = [];
    for (let run = 0; run < runs; run += 1) {
      const [waitedBefore_ms, began_ms] = [waited_ms(this.#pidOf(node)), performance.now()];
      await flood.start();
      const { median_ms, longest_ms } = await bystander.measure(this.#form.run_ms);
      const waited =
        (waited_ms(this.#pidOf(node)) - waitedBefore_ms) / (performance.now() - began_ms);
      took.push({ median_ms, longest_ms, waited });
      const words = `${median_ms.toFixed(1)} ms, at the longest ${longest_ms.toFixed(1)}; it waited for a core for ${(100 * waited).toFixed(0)} % of the time`;
      this.#say(`    ${wordsOf(await flood.stop())}: ${words}`);
    }
    return took;
  }

  #target({ httpUrl }: LocalNode): Target {
    return { edgeUrl: this.#system.edgeUrl, host: new URL(httpUrl).host, region };
  }

  async #memoryOf(node: LocalNode, settle_ms = 0): Promise<number> {
    await pass(settle_ms);
    return rollup_KiB(this.#pidOf(node), 'Pss');
  }

  /** The number of its lease: a node that lost it, or was started again, has another one. */
  async #leaseOf({ nodeId }: LocalNode): Promise<number> {
    const answer = await nuve(this.#system, 'GET', `nodes/${nodeId}`);
    return v.parse(NodeDetailAnswer, await answer.json()).lease.number;
  }
}

function wordsOf(counts: Counts): string {
  return Object.entries(counts)
    .map(([what, times]) => `${times} ${what}`)
    .join(', ');
}

/**
 * A node under floods of the product's own messages, at what its bounds let through and somewhat more: whether others are
 * served meanwhile, whether the node keeps its lease, and whether it gives its memory back.
 */
export const floods: Bench = {
  name: 'floods',
  async run(say, options) {
    await using system = await startLocal({
      regions: [region],
      edgePort: place.edgePort,
      addressBase: place.addressBase,
      edgeVars: unlimited,
      stateDir: `${rootDir}/.rizoma/bench-floods`,
      say,
    });
    const flooded = new Flooded({ system, say }, { form: options.short ? short : whole });
    const rows: Row[] = [];
    for (const name of floodNames) {
      rows.push(...(await flooded.rows(name)));
    }
    return rows;
  },
};
