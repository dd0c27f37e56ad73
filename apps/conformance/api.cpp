// Profile "api": a server written as one is in Node, everything inside the connection handler. Its
// clients tell it which listeners to register and read what these heard; node-api.mjs is the same.

#include "apps/conformance/profiles.hpp"

#include <mutex>
#include <regex>
#include <string>
#include <vector>

namespace conformance {

using namespace socketio;

namespace {

// What happened on the server, for clients to look up; written by all shards.
class Trace {
public:
    void add(std::string line) {
        std::lock_guard const lock(mutex_);
        lines_.push_back(std::move(line));
    }
    std::vector<std::string> containing(std::string const& needle) const {
        std::lock_guard const lock(mutex_);
        std::vector<std::string> found;
        for (auto const& line : lines_) {
            if (line.find(needle) != std::string::npos) {
                found.push_back(line);
            }
        }
        return found;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

using Log = std::vector<std::string>;

std::string auth_tag_of(Socket const& socket) {
    return socket.handshake().auth("tag").value_or("");
}

// Only the events under test, which begin with "x".
auto heard_by(std::string who) {
    return [who](Socket& socket, Event const& event) {
        if (event.name.starts_with('x')) {
            socket.data<Log>().push_back(who + " " + std::string(event.name) + " " +
                                         std::to_string(event.args.size()));
        }
    };
}

void register_on_request(Socket& socket) {
    socket.on("on", [](Socket& s, std::string event) {
        s.on(event, [event](Socket& self, Args args) { self.emit("heard", "on", event, args); });
    });
    socket.on("once", [](Socket& s, std::string event) {
        s.once(event,
               [event](Socket& self, Args args) { self.emit("heard", "once", event, args); });
    });
    socket.on("off", [](Socket& s, std::string event) { s.off(event); });
    socket.on("any", [](Socket& s, std::string who) { s.on_any(heard_by(who)); });
    socket.on("any-first", [](Socket& s, std::string who) { s.prepend_any(heard_by(who)); });
    socket.on("any-off", [](Socket& s) { s.off_any(); });
    socket.on("out", [](Socket& s, std::string who) { s.on_any_outgoing(heard_by(who)); });
    socket.on("out-first",
              [](Socket& s, std::string who) { s.prepend_any_outgoing(heard_by(who)); });
    socket.on("out-off", [](Socket& s) { s.off_any_outgoing(); });
    socket.on("refuse", [](Socket& s, std::string refused) {
        s.use([refused](Socket&, Event const& event) -> Admission {
            return event.name == refused ? Admission(EventError{"refused " + refused})
                                         : Admission();
        });
    });
    socket.on_error(
        [](Socket& s, EventError const& error) { s.emit("middleware-error", error.message); });
    socket.on("log", [](Socket& s) { return std::exchange(s.data<Log>(), {}); });
    socket.on("count", [](Socket& s, std::string event,
                          Ack<std::size_t, std::size_t, std::size_t> ack) {
        ack(s.listeners(event).size(), s.listeners_any().size(), s.listeners_any_outgoing().size());
    });
}

void serve_rooms(Socket& socket) {
    socket.on("join", [](Socket& s, std::string room, Ack<> ack) {
        s.join(room);
        ack();
    });
    socket.on("leave", [](Socket& s, std::string room, Ack<> ack) {
        s.leave(room);
        ack();
    });
    socket.on("broadcast",
              [](Socket& s, std::string event, Args args) { s.broadcast().emit(event, args); });
    socket.on("emit", [](Socket& s, std::string event, Args args) { s.emit(event, args); });
    socket.on("end", [](Socket& s, bool close) { s.disconnect(close); });
}

class ApiProfile final : public ServerProfile {
public:
    explicit ApiProfile(Listen const& listen) : ServerProfile(options(), listen) {
        io_.on_new_namespace([this](Namespace& nsp) { trace_.add("new " + nsp.name()); });
        io_.on_connection([this](Socket& socket) { serve(socket); });
        auto& parent = io_.of(std::regex("^/child-"));
        parent.use([](Socket& s) -> Admission {
            return s.handshake().auth("no") ? Admission(ConnectError{"no"}) : Admission();
        });
        parent.on_connection([this](Socket& socket) { serve(socket); });
        io_.on("parent-emit", [&parent](Args args) { parent.emit("to-all", args); });
        note_rooms();
    }

private:
    static ServerOptions options() {
        ServerOptions options;
        options.cleanup_empty_child_namespaces = true;
        return options;
    }

    void note_rooms() {
        auto const room = [this](char const* what) {
            return [this, what](std::string_view name) {
                trace_.add(std::string(what) + " " + std::string(name));
            };
        };
        auto const member = [this](char const* what) {
            return [this, what](std::string_view name, std::string_view id) {
                trace_.add(std::string(what) + " " + std::string(name) +
                           (name == id ? " own" : ""));
            };
        };
        io_.sockets()
            .on_create_room(room("create"))
            .on_delete_room(room("delete"))
            .on_join_room(member("join"))
            .on_leave_room(member("leave"));
    }

    void serve(Socket& socket) {
        register_on_request(socket);
        serve_rooms(socket);
        socket.on("trace", [this](std::string needle) { return trace_.containing(needle); });
        socket.on("late-namespace", [this](std::string name, Ack<> ack) {
            io_.of(name, [](Namespace& nsp) {
                nsp.on_connection([](Socket& s) { s.emit("hello", s.nsp().name()); });
            });
            ack();
        });
        socket.on("conn", [this](Socket& s) {
            return Json::object({{"transport", to_string(s.conn().transport())},
                                 {"protocol", s.conn().protocol()},
                                 {"path", s.request().path()},
                                 {"clients", io_.clients_count() > 0},
                                 {"server", &s.server() == &io_}});
        });
        auto connection = socket.conn();
        connection.on_upgrade([keep = SocketPtr(&socket)](engineio::TransportName name) {
            keep->emit("moved", to_string(name));
        });
        connection.on_close([this, tag = auth_tag_of(socket)](engineio::CloseReason reason, auto) {
            trace_.add("conn " + tag + " " + std::string(to_string(reason)));
        });
        socket.on_disconnecting([](Socket& s) {
            s.broadcast().emit("leaving", auth_tag_of(s), s.rooms().size());
            s.emit("x-last", "words");
        });
        socket.on_disconnect([this](Socket& s, DisconnectReason reason) {
            trace_.add("left " + auth_tag_of(s) + " " + std::string(to_string(reason)) + " " +
                       std::to_string(s.rooms().size()));
        });
    }

    Trace trace_;
};

}  // namespace

std::unique_ptr<Profile> make_api_profile(std::string_view name, Listen const& listen) {
    return name == "api" ? std::make_unique<ApiProfile>(listen) : nullptr;
}

}  // namespace conformance
