#include "apps/eliza/lounge.hpp"

#include "apps/common/clipped.hpp"
#include "apps/eliza/statements.hpp"
#include "apps/eliza/views.hpp"
#include "engineio/net/address_group.hpp"
#include "engineio/net/shard.hpp"

#include <utility>

namespace apps::eliza {

namespace {

constexpr int info_level = 30;
// Types of today's envelope. One published page counts from 0, so 0 enters, too, and an entering
// message with a text is meant as a line.
constexpr std::int64_t type_room_joining = 1;
constexpr std::int64_t type_send_message = 2;

Refusal too_fast() {
    return {"Rate limit exceeded", "rate", "", 429};
}

}  // namespace

std::optional<std::string> Lounge::refused(Socket& socket) const {
    auto const& handshake = socket.handshake();
    auto const key = handshake.auth("apiKey");
    if (!access_.is_key(key ? *key : handshake.header("x-api-key"))) {
        return "Invalid or missing API Key";
    }
    auto const claimed = handshake.auth("entityId").value_or("");
    auto const vouched = vouched_entity(socket);
    bool const other = vouched && !claimed.empty() && claimed != *vouched;
    bool const needed = access_.needs_entity || vouched;
    if (other || (needed && !common::is_uuid(vouched.value_or(claimed)))) {
        return "Valid entityId required";
    }
    return std::nullopt;
}

// What the operator's proxy knows, if there is one, as for REST; nothing: nobody says.
std::optional<std::string> Lounge::vouched_entity(Socket& socket) const {
    auto const vouched = socket.handshake().find_header("x-entity-id");
    return desk_.policy().isolation && vouched ? std::optional<std::string>(*vouched)
                                               : std::nullopt;
}

void Lounge::connected(Socket& socket) {
    auto const claimed = socket.handshake().auth("entityId").value_or("");
    bool const known = common::is_uuid(claimed);
    auto& entity = socket.data<Visitor>().entity = known ? claimed : common::random_uuid();
    if (auto const vouched = vouched_entity(socket)) {
        entity = *vouched;
    }
    socket.data<Visitor>().maker = engineio::net::address_group(socket.handshake().address());
    if (desk_.policy().isolation) {
        socket.join(entity_room(entity));
    }
    if (!known) {
        speaks_seed(socket);
    }
    socket.emit("authenticated", Authenticated{entity, desk_.now()});
    socket.emit("connection_established", Established{"Connected to Hubbub", socket.id()});
}

void Lounge::reply_error(Socket& socket, socketio::InvalidEvent const& event) {
    std::string const name = common::clipped(event.name, 64);
    refuse(socket, {"Invalid arguments for " + name, "event", name}, {});
}

Lounge::Task Lounge::join(Socket& socket, Json request, Ack ack) {
    speaks_seed(socket);
    return come_in(socket, std::move(request), true, std::move(ack));
}

Lounge::Task Lounge::enter_channel(Socket& socket, Json payload, Ack ack) {
    if (payload["message"].is_string()) {
        return send_message(socket, std::move(payload), std::move(ack));
    }
    return come_in(socket, std::move(payload), false, std::move(ack));
}

Lounge::Task Lounge::come_in(Socket& socket, Json request, bool makes_channel, Ack ack) {
    if (is_too_fast(socket)) {
        refuse(socket, too_fast(), ack);
        co_return;
    }
    auto entrance = entrance_of(request);
    entrance.makes_channel = makes_channel;
    entrance.self = socket.data<Visitor>().entity;
    entrance.maker = socket.data<Visitor>().maker;
    if (!makes_channel && entrance.channel.empty()) {
        refuse(socket, {"channelId is required for joining.", "channelId", ""}, ack);
        co_return;
    }
    auto const room = channel_room(entrance.channel);
    if (!has_place_for(socket, room)) {
        refuse(socket, {"Too many rooms joined", "roomId", ""}, ack);
        co_return;
    }
    auto stay = presence_.stay(entrance.channel);  // from now on nobody takes it away
    auto work = [entrance](Eliza& rules) { return rules.join(entrance); };
    auto const entry = co_await desk_.ask(std::move(work));
    if (!entry) {
        refuse(socket, entry.error(), ack);
        co_return;
    }
    come_to_stay(socket, std::move(stay));
    Joined notice{"Joined channel " + entrance.channel, entrance.channel, entrance.channel,
                  std::nullopt};
    if (!entrance.agent.empty()) {
        notice.agentId = entrance.agent;
    }
    socket.emit("channel_joined", notice);
    socket.emit("room_joined", notice);
    ack({true, std::nullopt});
    journal_.write(info_level, "Joined channel " + entrance.channel, entry->agent,
                   entrance.channel);
}

void Lounge::leave(Socket& socket, Json request, Ack ack) {
    speaks_seed(socket);
    auto const id = channel_id_of(request);
    auto const room = channel_room(id);
    if (!socket.in_room(room)) {
        bool const well_formed = common::is_uuid(id);
        refuse(socket,
               {well_formed ? "Not in this room" : "roomId must be a UUID", "roomId",
                common::clipped(id, 64)},
               ack);
        return;
    }
    socket.leave(room);
    std::erase_if(socket.data<Visitor>().stays,
                  [&](auto const& stay) { return stay->channel() == id; });
    ack({true, std::nullopt});
    journal_.write(info_level, "Left channel " + id, {}, id);
}

Lounge::Task Lounge::message(Socket& socket, Json message, Ack ack) {
    if (!message.contains("type") || !message["payload"].is_object()) {
        speaks_seed(socket);
        co_await say(socket, flat_statement(message), std::move(ack));
        co_return;
    }
    auto const type = message["type"].integer().value_or(-1);
    if (type == 0 || type == type_room_joining) {
        co_await enter_channel(socket, message["payload"], std::move(ack));
    } else if (type == type_send_message) {
        co_await send_message(socket, message["payload"], std::move(ack));
    } else {
        auto const given = common::clipped(message["type"].dump(), 20);
        refuse(socket, Refusal{"Unknown message type", "type", given}, ack);
    }
}

Lounge::Task Lounge::send_message(Socket& socket, Json payload, Ack ack) {
    auto statement = statement_of(payload);
    if (!is_complete(statement)) {
        Refusal const refusal{"For SEND_MESSAGE: channelId, messageServerId (message_server_id), "
                              "senderId (author_id), and message are required.",
                              "payload", ""};
        refuse(socket, refusal, ack);
        co_return;
    }
    co_await say(socket, std::move(statement), std::move(ack));
}

Lounge::Task Lounge::say(Socket& socket, Statement statement, Ack ack) {
    if (is_too_fast(socket)) {
        refuse(socket, too_fast(), ack);
        co_return;
    }
    auto const room = channel_room(statement.channel);
    if (!has_place_for(socket, room)) {
        refuse(socket, {"Too many rooms joined", "roomId", ""}, ack);
        co_return;
    }
    statement.self = socket.data<Visitor>().entity;
    statement.maker = socket.data<Visitor>().maker;
    auto work = [statement = std::move(statement)](Eliza& rules) mutable {
        return rules.say(std::move(statement));
    };
    auto said = co_await desk_.ask(std::move(work));
    if (!said) {
        refuse(socket, said.error(), ack);
        co_return;
    }
    if (!socket.in_room(room)) {
        come_to_stay(socket, presence_.stay(said->message.channel_id));
    }
    ack({true, std::nullopt});
    stage_.announce(*std::move(said), &socket);
}

Lounge::Task Lounge::world_state(Socket& socket, Json request) {
    speaks_seed(socket);
    auto& asked = socket.data<Visitor>().world_asked;
    if (is_too_fast(socket) || asked.use_count() > max_worlds_asked) {
        refuse(socket, too_fast(), {});
        co_return;
    }
    if (!asked) {
        asked = std::make_shared<char>();
    }
    auto const question = asked;  // ends with this coroutine, whichever way it ends
    auto turn = worlds_.enter();
    auto const ticket = co_await turn.later;
    if (!socket.connected()) {
        co_return;  // nobody waits for it any more
    }
    bool const everything = request["roomId"].is_null() && request["channelId"].is_null();
    auto const room = everything ? std::nullopt : std::optional(channel_id_of(request));
    auto work = [room, viewer = socket.data<Visitor>().entity](Eliza& rules) {
        return rules.world(room, viewer);
    };
    auto const world = co_await desk_.ask(std::move(work));
    if (!world) {
        refuse(socket, world.error(), {});
        co_return;
    }
    socket.emit("world-state", state_of(*world));
}

bool Lounge::is_too_fast(Socket& socket) const {
    auto const now = engineio::net::Shard::current()->now();
    auto& bucket = socket.data<Visitor>().bucket;
    if (access_.rate.count > 0 && !bucket) {
        bucket.emplace(access_.rate, now);
    }
    return bucket && !bucket->take(access_.rate, now);
}

// Speaking in a channel enters it: who asks shall hear the answer.
bool Lounge::has_place_for(Socket& socket, std::string const& room) const {
    return socket.in_room(room) || socket.rooms().size() < max_rooms_per_connection;
}

// Drops those of channels it was taken out of.
void Lounge::come_to_stay(Socket& socket, Presence::StayPtr stay) {
    auto& stays = socket.data<Visitor>().stays;
    std::erase_if(stays, [&](auto const& old) {
        return old->channel() == stay->channel() || !socket.in_room(channel_room(old->channel()));
    });
    socket.join(channel_room(stay->channel()));
    stays.push_back(std::move(stay));
}

void Lounge::speaks_seed(Socket& socket) {
    auto& visitor = socket.data<Visitor>();
    if (!visitor.seed) {
        visitor.seed = true;
        journal_.add_seed_listener(socket);
    }
}

// Current clients read `messageError`, those of the seed `error`, which the others would take for
// a failure of the connection.
void Lounge::refuse(Socket& socket, Refusal const& refusal, Ack const& ack) {
    socket.emit("messageError", MessageError{refusal.error});
    if (socket.data<Visitor>().seed) {
        socket.emit("error", ErrorNotice{refusal.error,
                                         {{"field", refusal.field}, {"value", refusal.value}}});
    }
    ack({false, refusal.error});
}

}  // namespace apps::eliza
