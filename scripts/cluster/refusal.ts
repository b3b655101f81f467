/** Something that was asked for and is not done, by name. */
export class Refusal extends Error {
	/** In capitals, for programs; the message is for people. */
	readonly code: string;

	constructor(code: string, message: string) {
		super(message);
		this.name = "Refusal";
		this.code = code;
	}
}
