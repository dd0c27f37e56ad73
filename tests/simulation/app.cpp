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

constexpr char const* pen = "pen";

// All that the model knows of.
std::set<std::string> rooms_of(Socket& socket) {
    auto const rooms = socket.rooms();
    std::set<std::string> known(rooms.begin() + 1, rooms.end());
    std::erase_if(known, [](std::string const& room) { return room.starts_with(pen); });
    return known;
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

// The model is told of the event.
Member* App::begin(Socket& socket, Request const& request) {
    Member* const member = member_of(socket);
    if (!member) {
        model_.complain("event " + request.name + " of a socket that has not connected");
        return nullptr;
    }
    model_.note([this, member, request, there = rooms_of(socket)] {
        if (model_.handles(*member, request) && there != member->rooms) {
            model_.complain("a socket of " + member->space +
                            " is in other rooms than it should be");
        }
    });
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
        Model::Arrival arrival{model_.stamp(), engineio::net::Shard::current()->index(),
                               socket.id(), socket.recovered(), rooms_of(socket)};
        model_.note(arrival.stamp,
                    [this, member, arrival] { model_.admitted(*member, arrival, machine_.now()); });
        if (socket.recovered() && socket.data()["sid"].string() &&
            *socket.data()["sid"].string() != socket.id()) {
            model_.complain("a recovered socket has the data of another");
        }
        socket.data().set("sid", socket.id());
    });
    registry.on_disconnecting([this](Socket& socket, DisconnectReason reason) {
        if (auto* const member = member_of(socket)) {
            // Before anything can be recovered of it, as far as other shards go.
            member->leaving = model_.stamp();
            model_.note(member->leaving, [this, member, reason] {
                model_.disconnecting(*member, reason, machine_.now());
            });
        }
    });
    registry.on_disconnect([this](Socket& socket, DisconnectReason reason) {
        auto* const member = member_of(socket);
        if (!member || socket.connected() || !socket.rooms().empty()) {
            return model_.complain("a socket has left, and it has not");
        }
        model_.note(member->leaving, [this, member, reason] {
            model_.disconnected(*member, reason, machine_.now());
        });
    });
}

// --- one socket --------------------------------------------------------------------------------

void App::expect(Member& member, Item item, long stamp) {
    item.sender = model_.lane();
    model_.note(stamp, [this, &member, item = std::move(item)] {
        if (item.entry >= 0) {
            model_.log(model_.space(member.space), item, {{member.session->sid}, {}},
                       machine_.now());
        }
        member.expected.push_back(item);
    });
}

void App::tell(Socket& socket, Member& member, int form) {
    auto const entry = model_.stamp();
    if (form == 2) {
        expect(member, {Item::Kind::event, event_text("v", entry, ""), {}, true}, entry);
        socket.volatile_().emit("v", entry);
    } else if (form == 1) {
        expect(member,
               {Item::Kind::event, event_text("b", entry, placeholder), attachment(entry), false,
                entry},
               entry);
        socket.emit("b", entry, Binary{attachment(entry)});
    } else {
        expect(
            member,
            {Item::Kind::event, event_text("d", entry, quoted(padding(entry))), {}, false, entry},
            entry);
        socket.emit("d", entry, padding(entry));
    }
}

void App::add_answers(HandlerRegistry& registry) {
    auto const answers = [this](Member* member, int n) {
        if (member) {
            expect(*member, {Item::Kind::ack, "[" + std::to_string(n)}, model_.stamp());
        }
        return n;
    };
    registry.on("ask", [this, answers](Socket& socket, int n, int a, int b) {
        return answers(begin(socket, {"ask", n, a, b}), n);
    });
    registry.on("later", [this](Socket& socket, int n, int a, int b) -> Task<int> {
        auto* const member = begin(socket, {"later", n, a, b});
        if (!member) {
            co_return n;
        }
        model_.note([member] { ++member->pending_later; });
        co_await socketio::sleep_for(milliseconds(a));
        Item answer{Item::Kind::ack, "[" + std::to_string(n)};
        answer.sender = model_.lane();
        model_.note([member, answer] {
            --member->pending_later;
            if (member->connected) {
                member->expected.push_back(answer);
            }
        });
        co_return n;
    });
    registry.on("bin", [this](Socket& socket, int n, int a, int b, Binary bytes) {
        auto* const member = begin(socket, {"bin", n, a, b});
        if (member && bytes.bytes != attachment(n)) {
            model_.complain("a client's attachment came as another");
        }
        if (member) {
            expect(*member,
                   {Item::Kind::ack, std::string("[") + (placeholder + 1), attachment(n + 1)},
                   model_.stamp());
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
    auto const stamp = model_.stamp();
    int const number = static_cast<int>(stamp);
    model_.note(stamp, [this, member, number, patience] {
        questions_[number] = {machine_.now() + milliseconds(patience), {member->token}, 1, {}};
        ++member->pending_questions;
    });
    expect(*member, {Item::Kind::ask, event_text("q", number, "")}, stamp);
    auto const answer =
        co_await socket.timeout(milliseconds(patience)).emit_with_ack<int>("q", number);
    model_.note([this, member, number, answer] {
        auto const question = questions_.extract(number);
        --member->pending_questions;
        ++answered_;
        if (question.empty()) {
            model_.complain("a question was answered twice");
        } else if (answer && (*answer != member->token || question.mapped().answers.empty())) {
            model_.complain("a question was answered, but not by its client");
        } else if (!answer && answer.error() == socketio::AckError::disconnected &&
                   member->connected) {
            model_.complain("a question was given up although its socket is there");
        } else if (!answer && answer.error() == socketio::AckError::invalid) {
            model_.complain("a question was answered with something else");
        }
    });
}

// --- rooms -------------------------------------------------------------------------------------

void App::on_each_shard(std::function<void(unsigned)> const& what) {
    for (unsigned i = 0; i < machine_.shard_count(); ++i) {
        if (machine_.shard(i).is_current()) {
            what(i);
        } else {
            machine_.shard(i).post([what, i] { what(i); });
        }
    }
}

// An action on sockets of all shards: on each of them the model hears of it before and after.
void App::around(Space& space, std::shared_ptr<Cast> const& cast,
                 std::function<void()> const& action) {
    on_each_shard([this, &space, cast](unsigned shard) {
        model_.note([this, &space, cast, shard] { model_.open(space, shard, cast); });
    });
    action();
    on_each_shard([this, &space, cast](unsigned shard) {
        model_.note([this, &space, cast, shard] { model_.close(space, shard, cast); });
    });
}

void App::add_rooms(HandlerRegistry& registry) {
    registry.on("join", [this](Socket& socket, int n, int a, int b) {
        if (auto* const member = begin(socket, {"join", n, a, b})) {
            model_.note([this, member, a] {
                member->rooms.insert(room_name(a));
                model_.changed(*member);
            });
            socket.join(room_name(a));
        }
    });
    registry.on("leave", [this](Socket& socket, int n, int a, int b) {
        if (auto* const member = begin(socket, {"leave", n, a, b})) {
            model_.note([this, member, a] {
                member->rooms.erase(room_name(a));
                model_.changed(*member);
            });
            socket.leave(room_name(a));
        }
    });
    registry.on("herd", [this](Socket& socket, int n, int a, int b) {
        if (begin(socket, {"herd", n, a, b})) {
            auto& nsp = socket.nsp();
            herd(model_.space(nsp.name()), nsp, n % 2 == 0, room_name(a), b);
        }
    });
}

// With threads into rooms of their own, where nobody looks for them: which sockets of other shards
// are in a room when the command arrives there, the model can't always tell, and would not know
// their rooms from then on.
void App::herd(Space& space, Namespace& nsp, bool join, std::string const& from, int to) {
    bool const sure = !model_.parallel();
    auto const room = sure ? room_name(to) : pen + room_name(to);
    auto const cast = std::make_shared<Cast>(Cast{{{from}, {}}});
    if (sure) {
        cast->must = [join, room](Member& member) {
            join ? static_cast<void>(member.rooms.insert(room))
                 : static_cast<void>(member.rooms.erase(room));
        };
    }
    around(space, cast, [&] {
        auto const all = nsp.in(from);
        join ? all.sockets_join(room) : all.sockets_leave(room);
    });
}

// --- broadcasts --------------------------------------------------------------------------------

void App::cast(Namespace& nsp, socketio::BroadcastOperator const& to, Target target,
               bool is_volatile) {
    auto& space = model_.space(nsp.name());
    auto const entry = model_.stamp();
    bool const binary = !is_volatile && entry % 5 == 0;
    auto const form = is_volatile ? "v" : binary ? "b" : "c";
    auto const cast = std::make_shared<Cast>(Cast{target, {}, true});
    cast->item = {Item::Kind::event,
                  event_text(form, entry,
                             is_volatile ? ""
                             : binary    ? placeholder
                                         : quoted(padding(entry))),
                  binary ? attachment(entry) : "",
                  is_volatile,
                  is_volatile ? -1 : entry,
                  model_.lane()};
    model_.note(entry, [this, &space, cast] {
        if (cast->item.entry >= 0) {
            model_.log(space, cast->item, cast->target, machine_.now());
        }
        for (auto const& members : space.members) {
            cast->told.push_back(!members.empty());
        }
    });
    around(space, cast, [&] {
        is_volatile ? to.volatile_().emit("v", entry)
        : binary    ? to.emit("b", entry, Binary{attachment(entry)})
                    : to.emit("c", entry, padding(entry));
    });
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
    auto const stamp = model_.stamp();
    int const number = static_cast<int>(stamp);
    auto const until = machine_.now() + milliseconds(patience);
    model_.note(stamp, [this, number, until] { questions_[number] = {until, {}, 0, {}}; });
    auto const cast = std::make_shared<Cast>(
        Cast{target,
             {Item::Kind::ask, event_text("p", number, ""), {}, false, -1, model_.lane()},
             true});
    auto const mark = [this, number](auto const& how) {
        if (auto const found = questions_.find(number); found != questions_.end()) {
            how(found->second);
        }
    };
    cast->may = [mark](Member& member) {
        mark([&](Question& question) { question.asked.insert(member.token); });
    };
    cast->must = [mark](Member&) { mark([](Question& question) { ++question.least; }); };
    socketio::BroadcastReply<int> asking;
    around(model_.space(socket.nsp().name()), cast, [&] {
        asking = socket.nsp()
                     .to(target.rooms.front())
                     .timeout(milliseconds(patience))
                     .emit_with_ack<int>("p", number);
    });
    auto const replies = co_await asking;
    Result result{{replies.replies.begin(), replies.replies.end()},
                  replies.replies.size(),
                  replies.missing,
                  machine_.now() < until};
    model_.note([this, number, cast, result] {
        // Every shard has been there, or the time was up.
        if (result.in_time && cast->parts.size() != machine_.shard_count()) {
            model_.complain("a room's question came back too early");
        }
        check_room_answer(number, result);
    });
}

void App::check_room_answer(int number, Result const& result) {
    auto const extracted = questions_.extract(number);
    ++answered_;
    if (extracted.empty()) {
        return model_.complain("a room's question was answered twice");
    }
    auto const& question = extracted.mapped();
    auto const total = result.given + result.missing;
    if (result.replies.size() != result.given ||
        !std::ranges::includes(question.answers, result.replies)) {
        model_.complain("a room's question was answered by somebody else, or twice");
    } else if (total > question.asked.size() || (result.in_time && total < question.least)) {
        model_.complain("a room's question counts " + std::to_string(total) + " sockets of " +
                        std::to_string(question.asked.size()));
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
            model_.note([member, a] {
                member->kicked = member->line->garbage = true;
                member->line->closed_by_server = member->line->closed_by_server || a == 0;
            });
            socket.disconnect(a == 0);
        }
    });
    registry.on("kick", [this](Socket& socket, int n, int a, int b) {
        if (!begin(socket, {"kick", n, a, b})) {
            return;
        }
        bool const close = b == 0;
        SocketPtr const keep(&socket);
        auto const cast = std::make_shared<Cast>(Cast{{{room_name(a)}, {}}});
        cast->may = [close](Member& member) {
            member.kicked = member.line->garbage = true;
            member.line->closed_by_server = member.line->closed_by_server || close;
        };
        cast->must = [this](Member& member) {
            if (member.connected) {
                model_.complain("a socket was disconnected by another shard, and is there");
            }
        };
        around(model_.space(socket.nsp().name()), cast,
               [&] { socket.nsp().in(room_name(a)).disconnect_sockets(close); });
    });
}

}  // namespace simulation
