/**
 * The router of the simulated network: it deals addresses to boards, as DHCP does, and may deal them again. Where a
 * datagram goes is decided by the address that it is sent to, at the moment when it arrives.
 *
 * A board's `home` is the address that the configuration names, and links are cut and slowed by it. Its `address` is
 * the one that the router has dealt.
 */
import type { SimulatedNode } from "./node";
import type { Random } from "./random";

/** New addresses, which no board had before, begin here; they differ from all others in their last two bytes. */
const NEW_ADDRESSES = 0x0a4d4000;
/** Two addresses that no board ever has. */
const NOBODYS_ADDRESS = 0x0a4d3fe0;
/** Members find each other while so many addresses of the old list are in use. */
const OLD_ADDRESSES_MIN = 2;

export class Router {
	/** How often a board was given another address. */
	deals = 0;
	private readonly random: Random;
	private readonly boards = new Map<number, SimulatedNode>();
	private nextNew = NEW_ADDRESSES;

	constructor(random: Random) {
		this.random = random;
	}

	/** A new board joins the network at its home. */
	add(node: SimulatedNode): void {
		this.boards.set(node.home, node);
	}

	/** @returns an address from which a copy of a datagram may come: of a board now or at home, or of nobody */
	anyAddress(nodes: readonly SimulatedNode[]): number {
		const { random } = this;
		const node = nodes[random.below(nodes.length)];
		return [node.address, node.home, NOBODYS_ADDRESS + random.below(2)][random.below(3)];
	}

	/** @returns the board that has this address, or undefined */
	boardAt(address: number): SimulatedNode | undefined {
		return this.boards.get(address);
	}

	/** Gives a board an address; the board that has it, if any, gets the one of the first. */
	move(node: SimulatedNode, address: number): void {
		const { boards } = this;
		const before = node.address;
		if (before === address) return;
		const holder = boards.get(address);
		this.deals++;
		boards.set(address, node);
		node.address = address;
		if (holder === undefined) boards.delete(before);
		else {
			boards.set(before, holder);
			holder.address = before;
		}
	}

	/** Each board gets the address of the next one. */
	rotate(nodes: readonly SimulatedNode[]): void {
		for (let i = 0; i + 1 < nodes.length; i++) this.move(nodes[i], nodes[i + 1].address);
	}

	/** The board gets an address that none had before; its old one goes to nobody. */
	renew(node: SimulatedNode): void {
		this.move(node, this.nextNew++);
	}

	/** All get new addresses, but for two boards: they get addresses of the list, whosever those were. */
	renewAll(nodes: readonly SimulatedNode[], list: readonly number[]): void {
		for (const node of nodes) this.renew(node);
		this.keepOld(nodes, list);
	}

	/** True if enough of these boards have an address of the list. */
	hasOld(nodes: readonly SimulatedNode[], list: readonly number[]): boolean {
		const old = nodes.filter((node) => list.includes(node.address));
		return old.length >= Math.min(OLD_ADDRESSES_MIN, nodes.length);
	}

	/** Gives addresses of the list to boards, at random, until enough of these boards have one. */
	keepOld(nodes: readonly SimulatedNode[], list: readonly number[]): void {
		const { random } = this;
		while (!this.hasOld(nodes, list)) {
			const others = nodes.filter((node) => !list.includes(node.address));
			const free = list.filter((address) => nodes.every((node) => node.address !== address));
			this.move(others[random.below(others.length)], free[random.below(free.length)]);
		}
	}

	/** These boards are at their homes again. */
	sendHome(nodes: readonly SimulatedNode[]): void {
		for (const node of nodes) this.move(node, node.home);
	}
}
