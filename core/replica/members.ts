/**
 * Who the members are, for whoever administers them: the leader tells, and takes a change. What a
 * client changes is the page that it was told, so the index in it says which configuration it has
 * seen: compare and set.
 *
 *   configuration, commit index, last index, match index of each member in its order   (a CBOR sequence)
 */
import { NO_ROOM, writeIntegers } from "../bytes";
import { Configuration, NOBODY } from "../configuration";
import type { Limits } from "../limits";
import { changeConfiguration } from "../raft/change";
import type { Raft } from "../raft/raft";
import { BAD_REQUEST } from "../reasons";
import { ConfigurationCodec } from "../wire/configuration";

/** The commit index and the last one. */
const INDICES = 2;

export class Members {
	private readonly raft: Raft;
	private readonly codec = new ConfigurationCodec();
	private readonly asked: Configuration;
	private readonly fields: Float64Array;
	private readonly row: DataView;

	constructor(raft: Raft, limits: Limits) {
		this.raft = raft;
		// One too many is refused by its name.
		this.asked = new Configuration(limits.members + 1);
		this.fields = new Float64Array(INDICES + limits.members);
		this.row = new DataView(this.fields.buffer);
	}

	/** @returns bytes of the page, which begins at 0 */
	write(target: Uint8Array, limit: number): number {
		const { fields, raft } = this;
		const { configuration, log, progress } = raft;
		const at = this.codec.write(target, 0, limit, configuration);
		if (at === NO_ROOM) return 0;
		let columns = 0;
		fields[columns++] = raft.commitIndex;
		fields[columns++] = log.lastIndex;
		for (let place = configuration.placeAfter(NOBODY); place !== NOBODY; place = configuration.placeAfter(place))
			fields[columns++] = place === raft.self ? raft.persistence.durableIndex : progress.match[place];
		const end = writeIntegers(target, at, limit, this.row, 0, columns);
		return end === NO_ROOM ? 0 : end;
	}

	/** @returns DONE when the change was accepted, else why not; `bytes[offset, +length)` is the configuration wanted */
	change(bytes: Uint8Array, offset: number, length: number, call: number): number {
		const { asked } = this;
		if (!this.codec.read(bytes, offset, length, asked)) return BAD_REQUEST;
		return changeConfiguration(this.raft, asked, asked.index, call);
	}
}
