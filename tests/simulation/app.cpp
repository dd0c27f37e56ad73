#include "tests/simulation/app.hpp"

#include "engineio/limits.hpp"
#include "socketio/socketio.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

namespace simulation {

using socketio::Binary;
using socketio::DisconnectReason;
using socketio::HandlerRegistry;
using socketio::Namespace;
using socketio::Socket;
using socketio::SocketPtr;
using socketio::Task;
using std::chrono::milliseconds;

namespace {

constexpr int long_every = 97;
constexpr std::size_t long_bytes = 40'000;

std::string event_text(char const* name, long number, std::string const& more) {
    return std::string("[\"") + name + "\"," + std::to_string(number) + more;
}

std::string quoted(std::string const& text) {
    return ",\"" + text + "\"";
}

constexpr char const* placeholder = ",{\"_placeholder\":true,\"num\":0}";

}  // namespace

std::string room_name(int number) {
    return "room" + std::to_string(number);
}

std::string padding(long number) {
    return std::string(number % long_every == 0 ? long_bytes
                                                : static_cast<std::size_t>(number % 30),
                       static_cast<char>('a' + number % 26));
}

std::string attachment(long number) {
    return "bytes " + std::to_string(number) + std::string(1, '\0') + padding(number);
}

Member* App::member_of(Socket& socket) {
    return socket.data<Member*>();
}

// The model is told of the event; null if it must not be handled.
Member* App::begin(Socket& socket, Request const& request) {
    Member* const member = member_of(socket);
    if (!member) {
        model_.complain("event " + request.name + " of a socket that has not connected");
        return nullptr;
    }
    if (!model_.handles(*member, request)) {
        return nullptr;
    }
    auto const rooms = socket.rooms();
    std::set<std::string> const there(rooms.begin() + 1, rooms.end());
    if (there != member->rooms) {
        model_.complain("a socket of " + member->space + " is in other rooms than it should be");
    }
    return member;
}

void App::serve(HandlerRegistry& registry) {
    watch(registry);
    registry.on("up", [this](Socket& socket, int n, int a, int b) {
        begin(socket, {"up", n, a, b});
    });
    registry.on("tell", [this](Socket& socket, int n, int a, int b) {
        if (auto* const member = begin(socket, {"tell", n, a, b})) {
            tell(socket, *member, a);
        }
    });
    add_answers(registry);
    add_rooms(registry);
    add_broadcasts(registry);
    add_ends(registry);
}

void App::watch(HandlerRegistry& registry) {
    registry.on_connection([this](Socket& socket) {
        int token = -1;
        socketio::read_value(socketio::Json(socket.handshake().auth()["t"]), token);
        Member* const member = model_.member(token);
        if (!member || !socket.connected() || member->space != socket.nsp().name()) {
            return model_.complain("a socket nobody asked for has connected");
        }
        socket.data<Member*>() = member;
        model_.admitted(*member, engineio::net::Shard::current()->index(), socket.id(),
                        socket.recovered(), machine_.now());
        if (socket.recovered() && socket.data()["sid"].string() &&
            *socket.data()["sid"].string() != socket.id()) {
            model_.complain("a recovered socket has the data of another");
        }
        socket.data().set("sid", socket.id());
    });
    registry.on_disconnecting([this](Socket& socket, DisconnectReason reason) {
        if (auto* const member = member_of(socket)) {
            model_.disconnecting(*member, reason, machine_.now());
        }
    });
    registry.on_disconnect([this](Socket& socket, DisconnectReason reason) {
        auto* const member = member_of(socket);
        if (!member || socket.connected() || !socket.rooms().empty()) {
            return model_.complain("a socket has left, and it has not");
        }
        model_.disconnected(*member, reason, machine_.now());
    });
}

// --- one socket --------------------------------------------------------------------------------

void App::tell(Socket& socket, Member& member, int form) {
    auto& space = model_.space(member.space);
    if (form == 2) {
        member.expected.push_back({Item::Kind::event, event_text("v", member.token, ""), {}, true});
        return socket.volatile_().emit("v", member.token);
    }
    auto const entry = model_.log(space, {{socket.id()}, {}}, machine_.now());
    if (form == 1) {
        member.expected.push_back({Item::Kind::event, event_text("b", entry, placeholder),
                                   attachment(entry), false, entry});
        socket.emit("b", entry, Binary{attachment(entry)});
    } else {
        member.expected.push_back(
            {Item::Kind::event, event_text("d", entry, quoted(padding(entry))), {}, false, entry});
        socket.emit("d", entry, padding(entry));
    }
}

void App::add_answers(HandlerRegistry& registry) {
    auto const answers = [](Member* member, int n) {
        if (member) {
            member->expected.push_back({Item::Kind::ack, "[" + std::to_string(n)});
        }
        return n;
    };
    registry.on("ask", [this, answers](Socket& socket, int n, int a, int b) {
        return answers(begin(socket, {"ask", n, a, b}), n);
    });
    registry.on("later", [this, answers](Socket& socket, int n, int a, int b) -> Task<int> {
        auto* const member = begin(socket, {"later", n, a, b});
        if (!member) {
            co_return n;
        }
        ++member->pending_later;
        co_await socketio::sleep_for(milliseconds(a));
        --member->pending_later;
        co_return answers(member->connected ? member : nullptr, n);
    });
    registry.on("bin", [this](Socket& socket, int n, int a, int b, Binary bytes) {
        auto* const member = begin(socket, {"bin", n, a, b});
        if (member && bytes.bytes != attachment(n)) {
            model_.complain("a client's attachment came as another");
        }
        if (member) {
            member->expected.push_back(
                {Item::Kind::ack, std::string("[") + (placeholder + 1), attachment(n + 1)});
        }
        return Binary{attachment(n + 1)};
    });
    registry.on("query", [this](Socket& socket, int n, int a, int b) {
        if (begin(socket, {"query", n, a, b})) {
            socketio::spawn(ask_one(socket, a));
        }
    });
}

Task<void> App::ask_one(Socket& socket, int patience) {
    auto* const member = member_of(socket);
    int const number = next_question_++;
    questions_[number] = {machine_.now() + milliseconds(patience), {member->token}, {}};
    ++member->pending_questions;
    member->expected.push_back({Item::Kind::ask, event_text("q", number, "")});
    auto const answer =
        co_await socket.timeout(milliseconds(patience)).emit_with_ack<int>("q", number);
    auto const question = questions_.extract(number);
    --member->pending_questions;
    ++answered_;
    if (question.empty()) {
        model_.complain("a question was answered twice");
    } else if (answer && (*answer != member->token || question.mapped().answers.empty())) {
        model_.complain("a question was answered, but not by its client");
    } else if (!answer && answer.error() == socketio::AckError::disconnected && member->connected) {
        model_.complain("a question was given up although its socket is there");
    } else if (!answer && answer.error() == socketio::AckError::invalid) {
        model_.complain("a question was answered with something else");
    }
}

// --- rooms -------------------------------------------------------------------------------------

void App::on_each_shard(std::function<void(unsigned)> const& note) {
    for (unsigned i = 0; i < machine_.shard_count(); ++i) {
        if (machine_.shard(i).is_current()) {
            note(i);
        } else {
            machine_.shard(i).post([note, i] { note(i); });
        }
    }
}

void App::add_rooms(HandlerRegistry& registry) {
    registry.on("join", [this](Socket& socket, int n, int a, int b) {
        if (auto* const member = begin(socket, {"join", n, a, b})) {
            member->rooms.insert(room_name(a));
            socket.join(room_name(a));
        }
    });
    registry.on("leave", [this](Socket& socket, int n, int a, int b) {
        if (auto* const member = begin(socket, {"leave", n, a, b})) {
            member->rooms.erase(room_name(a));
            socket.leave(room_name(a));
        }
    });
    registry.on("herd", [this](Socket& socket, int n, int a, int b) {
        if (!begin(socket, {"herd", n, a, b})) {
            return;
        }
        bool const join = n % 2 == 0;
        auto& space = model_.space(socket.nsp().name());
        on_each_shard([this, &space, join, a, b](unsigned shard) {
            for (auto* const member : model_.selected(space, shard, {{room_name(a)}, {}})) {
                join ? static_cast<void>(member->rooms.insert(room_name(b)))
                     : static_cast<void>(member->rooms.erase(room_name(b)));
            }
        });
        auto const all = socket.nsp().in(room_name(a));
        join ? all.sockets_join(room_name(b)) : all.sockets_leave(room_name(b));
    });
}

// --- broadcasts --------------------------------------------------------------------------------

void App::cast(Namespace& nsp, socketio::BroadcastOperator const& to, Target target,
               bool is_volatile) {
    auto& space = model_.space(nsp.name());
    auto const entry = is_volatile ? -1 : model_.log(space, target, machine_.now());
    Item item{Item::Kind::event, event_text("v", -1, ""), {}, true};
    bool const binary = entry % 5 == 0;
    if (binary) {
        item = {Item::Kind::event, event_text("b", entry, placeholder), attachment(entry), false,
                entry};
    } else if (entry >= 0) {
        item = {
            Item::Kind::event, event_text("c", entry, quoted(padding(entry))), {}, false, entry};
    }
    // A shard where nobody is connected now is not told.
    std::vector<bool> told;
    for (auto const& members : space.members) {
        told.push_back(!members.empty());
    }
    on_each_shard([this, &space, told, target, item](unsigned shard) {
        if (told[shard]) {
            model_.delivered(space, shard, target, item);
        }
    });
    if (is_volatile) {
        to.volatile_().emit("v", -1);
    } else if (binary) {
        to.emit("b", entry, Binary{attachment(entry)});
    } else {
        to.emit("c", entry, padding(entry));
    }
}

void App::add_broadcasts(HandlerRegistry& registry) {
    registry.on("cast", [this](Socket& socket, int n, int a, int b) {
        if (!begin(socket, {"cast", n, a, b})) {
            return;
        }
        auto& nsp = socket.nsp();
        auto const room = room_name(a);
        auto const other = room_name(n % room_count);
        switch (b) {
        case 0:
            return cast(nsp, socket.to(room), {{room}, {socket.id()}}, false);
        case 1:
            return cast(nsp, nsp.to(room).except(other), {{room}, {other}}, false);
        case 2:
            return cast(nsp, nsp.to({room, other}), {{room, other}, {}}, false);
        case 3:
            return cast(nsp, socket.broadcast(), {{}, {socket.id()}}, false);
        case 4:
            return cast(nsp, nsp.to(socket.id()), {{socket.id()}, {}}, false);
        case 5:
            return cast(nsp, nsp.except(room), {{}, {room}}, true);
        default:
            return cast(nsp, nsp.to(room), {{room}, {}}, false);
        }
    });
    registry.on("poll", [this](Socket& socket, int n, int a, int b) {
        if (begin(socket, {"poll", n, a, b})) {
            socketio::spawn(ask_room(socket, {{room_name(a)}, {}}, b));
        }
    });
}

void App::broadcast(std::string const& name, int of_shard, Dice& dice) {
    auto& nsp = machine_.core().of(name, {});
    auto const room = room_name(dice.below(room_count));
    Target target{{room}, {}};
    auto operation = nsp.to(room);
    if (dice.one_in(3)) {
        target.except.push_back(room_name(dice.below(room_count)));
        operation = operation.except(target.except.front());
    }
    bool const is_volatile = dice.one_in(4);
    auto const go = [&] { cast(nsp, operation, target, is_volatile); };
    of_shard < 0 ? go() : machine_.turn(static_cast<unsigned>(of_shard), go);
}

Task<void> App::ask_room(Socket& socket, Target target, int patience) {
    SocketPtr const keep(&socket);
    int const number = next_question_++;
    auto const until = machine_.now() + milliseconds(patience);
    questions_[number] = {until, {}, {}};
    auto& space = model_.space(socket.nsp().name());
    Item const item{Item::Kind::ask, event_text("p", number, "")};
    auto const shards = std::make_shared<unsigned>(0);
    on_each_shard([this, &space, target, item, number, shards](unsigned shard) {
        ++*shards;
        for (auto const* const member : model_.selected(space, shard, target)) {
            if (auto const found = questions_.find(number); found != questions_.end()) {
                found->second.asked.insert(member->token);
            }
        }
        model_.delivered(space, shard, target, item);
    });
    auto const replies = co_await socket.nsp()
                             .to(target.rooms.front())
                             .timeout(milliseconds(patience))
                             .emit_with_ack<int>("p", number);
    auto const question = questions_.extract(number);
    ++answered_;
    auto const total = replies.replies.size() + replies.missing;
    std::set<int> const distinct(replies.replies.begin(), replies.replies.end());
    if (question.empty() || distinct.size() != replies.replies.size() ||
        !std::ranges::includes(question.mapped().answers, distinct)) {
        model_.complain("a room's question was answered by somebody else, or twice");
    } else if (total > question.mapped().asked.size() ||
               (machine_.now() < until &&
                (*shards != machine_.shard_count() || total != question.mapped().asked.size()))) {
        model_.complain("a room's question counts " + std::to_string(total) + " sockets of " +
                        std::to_string(question.mapped().asked.size()));
    }
}

void App::client_answers(int number, int token) {
    if (auto const found = questions_.find(number); found != questions_.end()) {
        if (!found->second.asked.contains(token)) {
            model_.complain("a client was asked what was meant for others");
        }
        found->second.answers.insert(token);
    }
}

void App::check_answers() {
    auto const is_quiet = [this](int token) {
        auto const* const member = model_.member(token);
        return !member || !member->connected || member->line->settled_open;
    };
    for (auto const& [number, question] : questions_) {
        if (!question.asked.empty() && question.asked == question.answers &&
            std::ranges::all_of(question.asked, is_quiet)) {
            model_.complain("question " + std::to_string(number) + " is answered, and not heard");
        }
        if (machine_.now() > question.until + 2 * engineio::limits::timer_tick) {
            model_.complain("question " + std::to_string(number) + " is not given up in time");
        }
    }
}

// --- the end -----------------------------------------------------------------------------------

void App::add_ends(HandlerRegistry& registry) {
    registry.on("quit", [this](Socket& socket, int n, int a, int b) {
        if (auto* const member = begin(socket, {"quit", n, a, b})) {
            member->kicked = member->line->garbage = true;
            member->line->closed_by_server = member->line->closed_by_server || a == 0;
            socket.disconnect(a == 0);
        }
    });
    registry.on("kick", [this](Socket& socket, int n, int a, int b) {
        if (!begin(socket, {"kick", n, a, b})) {
            return;
        }
        bool const close = b == 0;
        SocketPtr const keep(&socket);
        auto& space = model_.space(socket.nsp().name());
        Target const target{{room_name(a)}, {}};
        auto const victims =
            std::make_shared<std::vector<std::vector<Member*>>>(machine_.shard_count());
        on_each_shard([this, &space, target, close, victims](unsigned shard) {
            (*victims)[shard] = model_.selected(space, shard, target);
            for (auto* const member : (*victims)[shard]) {
                member->kicked = member->line->garbage = true;
                member->line->closed_by_server = member->line->closed_by_server || close;
            }
        });
        socket.nsp().in(target.rooms.front()).disconnect_sockets(close);
        on_each_shard([this, victims](unsigned shard) {
            for (auto const* const member : (*victims)[shard]) {
                if (member->connected) {
                    model_.complain("a socket was disconnected by another shard, and is there");
                }
            }
        });
    });
}

}  // namespace simulation
