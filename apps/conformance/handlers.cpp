#include "apps/conformance/handlers.hpp"

#include "apps/conformance/values.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace conformance {

using namespace socketio;
using std::chrono::milliseconds;

namespace {

constexpr int max_burst = 10'000;  // the contract's bound on one burst

// What a broadcast is to look like.
struct CastSpec {
    std::optional<std::string> mode;
    Json to, except;
    std::optional<bool> is_volatile, compress;
    std::optional<std::string> event;

    static CastSpec from(Json const& json) {
        CastSpec spec;
        read_value(json["mode"], spec.mode);
        spec.to = json["to"];
        spec.except = json["except"];
        read_value(json["volatile"], spec.is_volatile);
        read_value(json["compress"], spec.compress);
        read_value(json["event"], spec.event);
        return spec;
    }
};

std::vector<std::string> others(std::vector<std::string> rooms, std::string const& own_id) {
    std::erase(rooms, own_id);
    std::ranges::sort(rooms);
    return rooms;
}

std::vector<std::string> others(Socket const& socket) {
    return others(socket.rooms(), socket.id());
}

milliseconds delay(Json const& value) {
    return milliseconds(static_cast<std::int64_t>(value.number().value_or(0)));
}

BroadcastOperator in_rooms(Namespace& nsp, Json const& rooms) {
    auto names = strings(rooms);
    return BroadcastOperator(nsp).in(std::move(names));
}

void install_echoes(HandlerRegistry& on) {
    on.on("echo", [](Socket& s, Args args) { s.emit("echo-back", args); });
    on.on("echo-ack", [](Args args, Ack<Args> ack) { ack(args); });
    on.on("delayed", [](Socket& s, Args args) { s.emit("delayed-back", args); });
    on.on("describe", [](Args args) {
        Json::Array shapes;
        std::ranges::transform(args, std::back_inserter(shapes), describe);
        return Json(std::move(shapes));
    });
    on.on("no-ack", [] {});
    on.on("late-ack", [](Json ms) -> Task<std::string> {
        co_await sleep_for(delay(ms));
        co_return "late";
    });
    on.on("double-ack", [](Ack<int> ack) {
        ack(1);
        ack(2);
    });
    on.on("message", [](Socket& s, Args args) { s.send(args); });
    on.on_any([](Socket& s, Event const& event) {
        if (event.name.starts_with("any:")) {
            s.emit("any-seen", event.name, event.args.size(), event.wants_ack);
        }
    });
}

void report(Socket& s, Result<Args, AckError> const& answer) {
    Json::Array values;
    if (answer) {
        values.assign(answer->begin(), answer->end());
    }
    s.emit("answer-report", Json::object({{"failed", !answer}, {"values", std::move(values)}}));
}

void install_questions(HandlerRegistry& on) {
    on.on("ask-me", [](Socket& s, Json ms, Args args) -> Task<> {
        report(s, co_await s.timeout(delay(ms)).emit_with_ack<Args>("question", args));
    });
    on.on("ask-me-forever", [](Socket& s, Args args) -> Task<> {
        auto const answer = co_await s.emit_with_ack<Args>("question", args);
        if (answer) {
            report(s, answer);
        }
    });
    on.on("ask-all", [](Socket& s, Json rooms, Json ms, Json value) -> Task<> {
        auto const op = in_rooms(s.nsp(), rooms).timeout(delay(ms));
        auto const answers = co_await op.emit_with_ack<Json>("question", value);
        std::vector<std::string> texts;
        for (auto const& reply : answers.replies) {
            texts.push_back(reply.dump());
        }
        std::ranges::sort(texts);
        s.emit("answers",
               Json::object({{"failed", !answers.complete()}, {"responses", to_json(texts)}}));
    });
}

void cast(Socket& s, Json const& json, Args const& args) {
    auto const spec = CastSpec::from(json);
    auto op = spec.mode == "all" ? BroadcastOperator(s.nsp()) : s.broadcast();
    op = op.to(strings(spec.to)).except(strings(spec.except));
    if (spec.is_volatile.value_or(false)) {
        op = op.volatile_();
    }
    if (spec.compress) {
        op = op.compress(*spec.compress);
    }
    op.emit(spec.event.value_or("cast"), args);
}

Task<Json> who(Socket& s, Json rooms) {
    auto const sockets = co_await in_rooms(s.nsp(), rooms).fetch_sockets();
    Json::Array list;
    for (auto const& remote : sockets) {
        auto const tag = tag_of(*remote.handshake);
        list.push_back(Json::object({{"tag", tag ? Json(*tag) : Json()},
                                     {"rooms", to_json(others(remote.rooms, remote.id))}}));
    }
    std::ranges::stable_sort(list, {}, [](Json const& entry) {
        auto const* tag = entry["tag"].string();
        return tag ? *tag : std::string("null");
    });
    co_return Json(std::move(list));
}

void install_rooms(HandlerRegistry& on) {
    on.on("join", [](Socket& s, Json rooms) {
        s.join(strings(rooms));
        return to_json(others(s));
    });
    on.on("leave", [](Socket& s, std::string room) {
        s.leave(room);
        return to_json(others(s));
    });
    on.on("rooms", [](Socket& s, Ack<std::vector<std::string>, bool> ack) {
        ack(others(s), s.in_room(s.id()));
    });
    on.on("cast", cast);
    on.on("cast-to-socket",
          [](Socket& s, std::string id, Args args) { s.to(id).emit("cast", args); });
    on.on("nsp-join",
          [](Socket& s, Json from, Json to) { in_rooms(s.nsp(), from).sockets_join(strings(to)); });
    on.on("nsp-leave", [](Socket& s, Json from, Json rooms) {
        in_rooms(s.nsp(), from).sockets_leave(strings(rooms));
    });
    on.on("who", who);
    on.on("kick",
          [](Socket& s, std::optional<bool> close) { s.disconnect(close.value_or(false)); });
    on.on("kick-room", [](Socket& s, std::string room, std::optional<bool> close) {
        s.nsp().in(room).disconnect_sockets(close.value_or(false));
    });
    on.on("emit-then-kick", [](Socket& s, std::optional<bool> close) {
        s.emit("last-words", "bye");
        s.disconnect(close.value_or(false));
    });
}

void install_bursts(HandlerRegistry& on) {
    on.on("burst", [](Socket& s, int n, std::size_t size) {
        std::string const filler(size, 'x');
        for (int i = 0; i < std::min(n, max_burst); ++i) {
            s.emit("burst-item", i, filler);
        }
    });
    on.on("binary-burst", [](Socket& s, int n, std::size_t size) {
        auto const bytes = pattern(size);
        for (int i = 0; i < std::min(n, max_burst); ++i) {
            s.emit("burst-item", i, bytes);
        }
    });
    on.on("give-binary", [](Socket& s, std::size_t size) { s.emit("blob", pattern(size)); });
    on.on("give-nested", [] {
        auto const inner = Json::object({{"b", pattern(0)}, {"c", "txt"}});
        return Json::object(
            {{"a", Json::array({pattern(3), inner})}, {"d", nullptr}, {"e", pattern(300)}});
    });
    on.on("give-types", [](Socket& s) {
        Args args;
        std::ranges::copy(awkward_values(), std::back_inserter(args));
        s.emit("types", args);
    });
    on.on("volatile-burst", [](Socket& s, int n) {
        for (int i = 0; i < std::min(n, max_burst); ++i) {
            s.volatile_().emit("volatile-item", i);
        }
        s.emit("volatile-done");
    });
    on.on("volatile-one", [](Socket& s) { s.volatile_().emit("volatile-item", "single"); });
    on.on("after", [](Socket& s, Json ms, std::string event, Args args) -> Task<> {
        co_await sleep_for(delay(ms));
        s.emit(event, args);
    });
}

Json whoami(Socket& s) {
    auto const& handshake = s.handshake();
    auto pairs = handshake.query().pairs();
    std::ranges::stable_sort(pairs, {}, [](auto const& pair) { return pair.first; });
    Json query = Json::object();
    for (auto const& [key, value] : pairs) {
        constexpr std::string_view engine_keys[] = {"EIO", "transport", "t", "sid", "b64", "j"};
        if (std::ranges::find(engine_keys, key) == std::end(engine_keys)) {
            query.set(key, value);
        }
    }
    auto const probe = handshake.header("x-probe");
    return Json::object({{"id", s.id()},
                         {"nsp", s.nsp().name()},
                         {"auth", handshake.auth()},
                         {"query", std::move(query)},
                         {"transport", to_string(s.transport())},
                         {"secure", handshake.secure()},
                         {"xdomain", handshake.xdomain()},
                         {"recovered", s.recovered()},
                         {"protocol", s.protocol()},
                         {"header", probe.empty() ? Json() : Json(probe)}});
}

void install_identity(HandlerRegistry& on, Reasons& reasons) {
    on.on("whoami", whoami);
    on.on("set-data", [](Socket& s, Json value, Ack<> ack) {
        s.data().set("value", std::move(value));
        ack();
    });
    on.on("get-data", [](Socket& s) { return s.data()["value"]; });
    on.on("reasons", [&reasons](std::string tag) { return reasons.of(tag); });

    on.on_disconnecting([](Socket& s) { s.data<std::vector<std::string>>() = others(s); });
    on.on_disconnect([&reasons](Socket& s, DisconnectReason reason) {
        if (auto const tag = tag_of(s.handshake())) {
            reasons.add(*tag, Json::object({{"nsp", s.nsp().name()},
                                            {"reason", to_string(reason)},
                                            {"rooms", to_json(s.data<std::vector<std::string>>())},
                                            {"left", s.rooms().size()}}));
        }
    });
}

// "forbidden" is refused, "delayed" held for 50 ms.
Task<Admission> gate(Socket&, Event const& event) {
    if (event.name == "forbidden") {
        co_return EventError{
            "forbidden event",
            Json::object({{"code", 77}, {"args", event.args.size() + event.wants_ack}})};
    }
    if (event.name == "delayed") {
        co_await sleep_for(milliseconds(50));
    }
    co_return Admission();
}

// "rewritten" becomes an "echo" of other arguments.
void rewrite(Socket&, Json::Array& packet) {
    if (packet.front() != Json("rewritten")) {
        return;
    }
    packet.resize(std::max<std::size_t>(packet.size(), 2));
    packet[0] = "echo";
    packet[1] = Json::object({{"was", packet[1]}});
    packet.emplace_back("added");
}

}  // namespace

std::optional<std::string> tag_of(Handshake const& handshake) {
    if (!handshake.auth()["tag"].is_null()) {
        return handshake.auth("tag");
    }
    return handshake.query("tag");
}

void install(HandlerRegistry& handlers, Reasons& reasons) {
    handlers.use_event(gate);
    handlers.use_event(rewrite);
    handlers.on_error([](Socket& s, EventError const& error) {
        s.emit("middleware-error",
               Json::object({{"message", error.message}, {"data", error.data.value_or(Json())}}));
    });
    install_echoes(handlers);
    install_questions(handlers);
    install_rooms(handlers);
    install_bursts(handlers);
    install_identity(handlers, reasons);
}

}  // namespace conformance
