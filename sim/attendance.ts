/** All that a run has beside writes and reads at the leader, put together: who asks for it, and who judges it. */
import { EVENT_PATH, EVENT_QUIET } from "../core/events";
import { LEADER } from "../core/raft/role";
import { isSingleCopy } from "../core/raft/witness";
import { HandOvers } from "./hand-overs";
import type { Operation } from "./history/history";
import { judge, type Verdict } from "./history/linearizability";
import { LeaseTrial } from "./lease-trial";
import { Leases } from "./leases";
import type { Ledger } from "./ledger";
import { LocalReads } from "./local-reads";
import type { SimulatedNode } from "./node";
import { Operator } from "./operator";
import type { Options } from "./options";
import { NO_SERVICES, type Services } from "./services";
import { Updater } from "./updater";
import type { World } from "./world";

export class Attendance {
	readonly services: Services = { ...NO_SERVICES };
	readonly localReads: LocalReads;
	private readonly world: World;
	private readonly leases: Leases;
	private readonly trial: LeaseTrial | null;
	private readonly operator: Operator | null;
	private readonly handOvers: HandOvers;
	private readonly hasWitnesses: boolean;
	/** Leaders of what is held by one of those who keep it. */
	private readonly singles = new Set<SimulatedNode>();
	private readonly updater: Updater | null;

	constructor(world: World, options: Options, ledger: Ledger) {
		const { clockSpreadPermille, operatorMs, seed, triesLeases, updateMs, wildClocks } = options;
		this.world = world;
		this.hasWitnesses = options.witnesses > 0;
		if (this.hasWitnesses) this.services.witnessRuns = 1;
		this.localReads = new LocalReads(world, this.services, ledger, clockSpreadPermille);
		this.handOvers = new HandOvers(this.services);
		this.leases = new Leases(world, this.services, wildClocks);
		this.trial = triesLeases ? new LeaseTrial(world, options, this.services) : null;
		this.operator = operatorMs === 0 ? null : new Operator(world, this.services, seed, operatorMs);
		this.updater = updateMs === 0 ? null : new Updater(world, this.services, seed, updateMs);
	}

	/** Nobody orders anything any more, and whoever drains may lead again. */
	stop(): void {
		this.trial?.stop();
		this.operator?.stop();
		this.updater?.stop();
	}

	/** True when every order was answered. */
	get isIdle(): boolean {
		return this.operator === null || this.operator.isIdle;
	}

	booted(node: SimulatedNode): void {
		this.leases.booted(node);
		this.updater?.booted(node);
	}

	turned(node: SimulatedNode): void {
		this.services.pausesReported = this.world.pausesReported;
		this.services.datagramsTooLong = this.world.links.tooLong;
		this.localReads.turned();
		if (this.hasWitnesses) this.countCopies(node);
	}

	/** Of what is committed, as a leader knows it. */
	private countCopies(node: SimulatedNode): void {
		const raft = node.replica?.member?.raft;
		const isSingle = raft !== undefined && isSingleCopy(raft);
		if (isSingle && !this.singles.has(node)) this.services.singleCopies++;
		if (isSingle) this.singles.add(node);
		else this.singles.delete(node);
	}

	/** To be told of every event of a node: its term, and the numbers after that. */
	traced(node: SimulatedNode, event: number, a: number, b: number, c: number): void {
		this.leases.traced(event, a);
		this.localReads.traced(event, a);
		this.operator?.traced(node, event, b === 1);
		this.handOvers.traced(node, event, a, b);
		this.updater?.traced(node, event);
		if (event === EVENT_QUIET && b === 1 && node.replica?.member?.raft.role === LEADER) this.services.rests++;
		if (event !== EVENT_PATH) return;
		if (c > 0) this.services.pathsShrunk++;
		else this.services.pathsGrown++;
	}

	/**
	 * What clients were told must be linearizable, and what they read at one node must have been true. Where
	 * clocks err by more than leases allow for, reads that leases may have served are left out, if need be.
	 * @throws Error
	 */
	judge(operations: readonly Operation[], initialRevision: number, stepsMax: number): void {
		this.localReads.judge(operations);
		let verdict = judge(operations, initialRevision, stepsMax);
		if (verdict.verdict === "not linearizable" && this.services.leaseReads > 0) {
			const others = operations.filter((operation) => !this.leases.mayHaveServed(operation));
			if (others.length < operations.length) {
				this.services.staleHistories++;
				verdict = judge(others, initialRevision, stepsMax);
			}
		}
		if (verdict.verdict !== "linearizable") throw new Error(`linearizability: ${wordsOf(verdict)}`);
	}
}

function wordsOf({ verdict, violation }: Verdict): string {
	return violation?.message ?? verdict;
}
