/** The router deals other addresses, as it does after a power cut that made it forget its leases. */
import type { Configuration } from "../../core/configuration";
import { hasMember } from "../electorate";
import type { SimulatedNode } from "../node";
import type { Options } from "../options";
import type { World } from "../world";
import type { FaultName } from "./names";

/** Faults of the router. */
export type AddressFault = "address swap" | "address rotation" | "new address" | "new addresses";

export const ADDRESS_FAULTS: readonly AddressFault[] = Object.freeze([
	"address swap",
	"address rotation",
	"new address",
	"new addresses",
]);

function isAddressFault(fault: FaultName): fault is AddressFault {
	return ADDRESS_FAULTS.some((name) => name === fault);
}

/** A router deals seldom: mostly members have the time to find each other before it deals again. */
const DEAL_MS = 6000;
const HASTE_PERMILLE = 200;

export class AddressStrikes {
	private readonly world: World;
	/** Those that happen in this run. */
	private readonly faults: readonly AddressFault[];
	private dealtMs = -Infinity;

	constructor(world: World, { faults }: Options) {
		this.world = world;
		this.faults = ADDRESS_FAULTS.filter((fault) => faults.includes(fault));
	}

	/** @returns false if this is no fault of the router, or it does not deal now, or it has no other address to deal */
	strike(node: SimulatedNode, fault: FaultName): boolean {
		if (!isAddressFault(fault)) return false;
		const { nodes, nowMs, random } = this.world;
		if (nodes.length < 2) return false;
		if (nowMs - this.dealtMs < DEAL_MS && !random.chance(HASTE_PERMILLE)) return false;
		if (!this.deal(node, fault)) return false;
		this.dealtMs = nowMs;
		return true;
	}

	private deal(node: SimulatedNode, fault: AddressFault): boolean {
		const { nodes, random, router } = this.world;
		const homes = nodes.map((each) => each.home);
		switch (fault) {
			case "address swap":
				router.move(node, this.another(node).address);
				return true;
			case "address rotation":
				router.rotate(nodes);
				return true;
			case "new address": {
				const old = node.address;
				router.renew(node);
				if (!router.hasOld(nodes, homes)) {
					router.move(node, old);
					return false;
				}
				// Another board may get what this one had.
				if (random.chance(300)) router.move(this.another(node), old);
				router.keepOld(nodes, homes);
				return true;
			}
			case "new addresses":
				if (nodes.length < 3) return false;
				router.renewAll(nodes, homes);
				return true;
		}
	}

	private another(node: SimulatedNode): SimulatedNode {
		const { nodes, random } = this.world;
		return nodes[(nodes.indexOf(node) + 1 + random.below(nodes.length - 1)) % nodes.length];
	}

	/**
	 * The faults have ended, and these boards are left alone. The router deals a last time, and their time to find
	 * each other begins.
	 * @param configuration that all go by; undefined for the one that they were formatted with
	 */
	dealLast(survivors: readonly SimulatedNode[], configuration: Configuration | undefined): void {
		const { faults } = this;
		const { nodes, random, router } = this.world;
		if (faults.length === 0) return;
		const members = nodes.filter((node) => configuration === undefined || hasMember(configuration, node));
		const list = members.map((node) => node.home);
		switch (faults[random.below(faults.length)]) {
			case "address swap":
				for (const node of survivors) router.move(node, list[random.below(list.length)]);
				break;
			case "address rotation":
				router.rotate(survivors);
				break;
			case "new address":
				router.renew(survivors[random.below(survivors.length)]);
				break;
			case "new addresses":
				router.renewAll(survivors, list);
				break;
		}
		router.keepOld(survivors, list);
	}
}
