// The voice room: who is in it, and the signalling of a mesh between them. No sound is sent: each
// pair opens a data channel only, to see that offer, answer and candidates find their way.

export class VoiceRoom {
    channel = null;      // that is wanted, and joined as soon as `people` has somebody
    people = new Map();  // user id → {name, muted, link}
    #links = new Map();  // user id → RTCPeerConnection

    constructor({ self, send, changed }) {
        Object.assign(this, { self, send, changed });
    }

    join(channel) {
        if (this.channel !== null) this.leave();
        this.channel = channel;
        this.#tell("voice_join");
    }

    leave() {
        this.#tell("voice_leave");
        this.channel = null;
        this.clear();
    }

    mute(muted) {
        this.#tell(muted ? "voice_mute" : "voice_unmute");
    }

    // The connection is lost: the server has taken us out, and everybody else has heard so.
    clear() {
        for (const user of [...this.#links.keys()]) this.#hangUp(user);
        this.people.clear();
        this.changed();
    }

    rejoin() {
        if (this.channel !== null) this.#tell("voice_join");
    }

    // Somebody was refused something; if it was our joining, there is nothing to wait for.
    refused() {
        if (this.people.size > 0) return;
        this.channel = null;
        this.changed();
    }

    get muted() {
        return this.people.get(this.self())?.muted ?? false;
    }

    // Whether it was one of the room's messages.
    hear(message) {
        const handler = this[`on_${message.type}`];
        if (handler && message.channel_id === this.channel) {
            Promise.resolve(handler.call(this, message)).then(() => this.changed(), (error) => {
                // A link that is gone, or another's nonsense: theirs fails, not the room.
                console.info(message.type, error.message);
            });
        }
        return handler !== undefined;
    }

    // Who comes last calls those who are there, so that two never call each other at once.
    async on_voice_room_state({ participants }) {
        this.people.clear();
        for (const { user_id, display_name, muted } of participants) {
            this.people.set(user_id, { name: display_name, muted, link: "" });
        }
        this.changed();
        const others = [...this.people.keys()].filter((user) => user !== this.self());
        await Promise.all(others.map((user) => this.#call(user)));
    }

    on_voice_user_joined({ user_id, display_name }) {
        if (user_id === this.self()) return;
        this.#hangUp(user_id);
        this.people.set(user_id, { name: display_name, muted: false, link: "" });
    }

    on_voice_user_left({ user_id }) {
        this.#hangUp(user_id);
        this.people.delete(user_id);
    }

    on_voice_user_muted({ user_id }) {
        this.people.get(user_id).muted = true;
    }

    on_voice_user_unmuted({ user_id }) {
        this.people.get(user_id).muted = false;
    }

    async on_voice_offer({ user_id, sdp }) {
        const link = this.#open(user_id);
        await link.setRemoteDescription({ type: "offer", sdp });
        await link.setLocalDescription();
        this.#tell("voice_answer", { sdp: link.localDescription.sdp, target_user_id: user_id });
        this.#mark(user_id, "answered");
    }

    async on_voice_answer({ user_id, sdp }) {
        await this.#links.get(user_id)?.setRemoteDescription({ type: "answer", sdp });
        this.#mark(user_id, "answered");
    }

    // The same as voice_ice, which comes too.
    async on_voice_ice_candidate({ user_id, candidate }) {
        await this.#links.get(user_id)?.addIceCandidate(JSON.parse(candidate));
    }

    async #call(user) {
        const link = this.#open(user);
        link.createDataChannel("hubbub");
        await link.setLocalDescription();
        this.#mark(user, "calling");
        this.#tell("voice_offer", { sdp: link.localDescription.sdp, target_user_id: user });
    }

    #open(user) {
        this.#hangUp(user);
        const link = new RTCPeerConnection();
        link.onicecandidate = ({ candidate }) => {
            if (!candidate) return;
            this.#tell("voice_ice", { candidate: JSON.stringify(candidate), target_user_id: user });
        };
        link.onconnectionstatechange = () => {
            if (link.connectionState === "connected") this.#mark(user, "linked");
            if (link.connectionState === "failed") this.#mark(user, "no way through");
            this.changed();
        };
        this.#links.set(user, link);
        return link;
    }

    #hangUp(user) {
        this.#links.get(user)?.close();
        this.#links.delete(user);
    }

    #mark(user, link) {
        const person = this.people.get(user);
        if (person && !(link === "answered" && person.link === "linked")) person.link = link;
    }

    #tell(type, more = {}) {
        this.send({ type, channel_id: this.channel, ...more });
    }
}
