// How many times longer than usual to wait for what must come: sanitizer builds are slow, and so
// are busy machines. Waiting longer never makes a test pass that should not.
export const patience = Number(process.env.HUBBUB_PATIENCE || 1);

// The usual limit of a wait, in ms.
export const usual = 5000 * patience;
