/** A program: prints a line of JSON now and then, with the states and steps seen, and the violation if there is one. */
import { SCOPES } from "../../sim/explore/bounds";
import { explore } from "../../sim/explore/explore";
import { HUNT_BOUNDS, Hunt } from "../../sim/explore/hunt";

/** Walks at random, after the scopes that are searched to their end. */
const WALKS = 2000;

function look(): void {
	let count = 0;
	const say = (more: number, caught: string | null) => {
		console.log(JSON.stringify({ count: count + more, caught }));
		return true;
	};
	for (const { name, bounds } of SCOPES) {
		const { states, violation } = explore(bounds, (seen) => say(seen, null));
		count += states;
		say(0, violation === null ? null : `${name}: ${violation}`);
		if (violation !== null) return;
	}
	const { steps, violation, walks } = new Hunt(HUNT_BOUNDS, 1).run(WALKS, (_walked, seen) => say(seen, null));
	say(steps, violation === null ? null : `walk ${walks}: ${violation}`);
}

look();
