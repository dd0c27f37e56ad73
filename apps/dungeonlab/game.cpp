#include "apps/dungeonlab/game.hpp"

#include "apps/dungeonlab/messages.hpp"
#include "apps/dungeonlab/states.hpp"

#include <utility>

namespace apps::dungeonlab {

namespace {

std::vector<MemberView> views(std::vector<User> const& members) {
    std::vector<MemberView> list;
    list.reserve(members.size());
    for (auto const& member : members) {
        list.push_back({member.id, member.name});
    }
    return list;
}

std::vector<std::string> all_rooms(std::string const& session) {
    return {session_room(session), session_room(session, Dialect::seed),
            session_room(session, Dialect::camel), session_room(session, Dialect::current)};
}

}  // namespace

Json failure(std::string const& message) {
    return Json::object({{"success", false}, {"error", message}});
}

Json success() {
    return Json::object({{"success", true}});
}

std::optional<std::string> text_of(Json const& value) {
    auto const* text = value.string();
    return text == nullptr ? std::nullopt : std::optional(*text);
}

Game::Game(Means means)
    : means_(std::move(means)),
      rules_(means_.clock, [this](User const& user, std::string_view session) {
          return directory_.with([&](Directory& d) { return d.objection(user, session); });
      }) {}

User const& Game::user(Socket& socket) {
    return socket.data<Seat>().user;
}

Dialect Game::dialect(Socket& socket) {
    return socket.data<Seat>().dialect;
}

Task<common::Turnstile::TicketPtr> Game::turn_of(Socket& socket) {
    auto turn = socket.data<Seat>().turnstile->enter();
    auto ticket = co_await turn.later;
    if (!socket.connected()) {
        ticket = nullptr;
    }
    co_return ticket;
}

void Game::admit(Socket& socket, User user, std::string login) {
    auto& seat = socket.data<Seat>();
    seat.turnstile = turnstile(user);
    seat.user = std::move(user);
    seat.login = std::move(login);
}

void Game::connected(Socket& socket) {
    auto const login = std::exchange(socket.data<Seat>().login, {});
    socket.join({user_room(user(socket).id), login_room(login)});
    if (user(socket).is_admin) {
        socket.join(admins_room());
    }
    rules([&](DungeonLab& rules) { rules.connect(socket.id(), user(socket)); });
}

void Game::login_ended(std::string const& login) {
    nsp().in(login_room(login)).disconnect_sockets(true);
}

void Game::disconnected(Socket& socket) {
    auto const departure = rules([&](DungeonLab& rules) { return rules.disconnect(socket.id()); });
    if (departure) {
        tell_departure(*departure, nullptr);
    }
}

Outcome<Arrival> Game::enter(Socket& socket, std::string const& session, Dialect dialect,
                             std::string const& actor) {
    learn(socket, dialect);
    auto arrival =
        rules([&](DungeonLab& rules) { return rules.join(socket.id(), session, actor); });
    if (!arrival) {
        settle(socket, arrival.error());
        return arrival;
    }
    if (arrival->left) {
        tell_departure(*arrival->left, &socket);
    }
    socket.join({session_room(session), session_room(session, dialect)});
    if (!actor.empty()) {
        socket.join(actor_room(actor));
    }
    tell_arrival(socket, *arrival, dialect, actor);
    return arrival;
}

Outcome<std::optional<Departure>> Game::leave(Socket& socket,
                                              std::optional<std::string> const& session) {
    auto const current = rules([&](DungeonLab& rules) { return rules.session_of(socket.id()); });
    auto left = rules([&](DungeonLab& rules) { return rules.leave(socket.id(), session); });
    if (!left) {
        settle(socket, left.error());
        return left;
    }
    for (auto const& room : all_rooms(current)) {
        socket.leave(room);
    }
    if (*left) {
        tell_departure(**left, &socket);
    }
    return left;
}

Outcome<Ticket> Game::authorise(Socket& socket, std::optional<std::string> const& session) {
    auto ticket = rules([&](DungeonLab& rules) { return rules.authorise(socket.id(), session); });
    if (!ticket) {
        settle(socket, ticket.error());
    }
    return ticket;
}

Outcome<Ticket> Game::authorise_chat(Socket& socket, std::optional<std::string> const& session,
                                     std::string_view text, Json const& metadata) {
    auto const bytes = metadata.dump().size();
    auto ticket =
        rules([&](DungeonLab& rules) { return rules.chat(socket.id(), session, text, bytes); });
    if (!ticket) {
        settle(socket, ticket.error());
    }
    return ticket;
}

void Game::recheck(std::string const& user) {
    auto const departure = rules([&](DungeonLab& rules) { return rules.recheck(user); });
    if (departure) {
        tell_departure(*departure, nullptr);
    }
}

void Game::complain(Socket& socket, std::string const& message) {
    auto const& seat = socket.data<Seat>();
    switch (seat.dialect == Dialect::unknown ? seat.presumed : seat.dialect) {
    case Dialect::seed:
        socket.emit("error", ErrorNotice{message});
        break;
    case Dialect::camel:
        socket.emit("error", message);
        break;
    case Dialect::unknown:
    case Dialect::current:  // its page would take it for the end of the connection
        break;
    }
}

bool Game::may_send(Socket& socket, std::string_view event) {
    auto const now = engineio::net::Shard::current()->now();
    socket.data<Seat>().presumed = dialect_of_event(event);
    auto& bucket = socket.data<Seat>().messages;
    if (!bucket) {
        bucket.emplace(means_.messages, now);
    }
    if (bucket->take(means_.messages, now)) {
        return true;
    }
    complain(socket, "Rate limit exceeded");
    return false;
}

void Game::reply_invalid(Socket& socket, socketio::InvalidEvent const& event) {
    auto const message = "Invalid arguments for " + std::string(event.name);
    event.answer(failure(message));
    complain(socket, message);
}

bool Game::leads(User const& user, std::string const& session) {
    return directory([&](Directory& d) { return d.leads(user, session); });
}

bool Game::leads_campaign(User const& user, std::string const& campaign) {
    return directory([&](Directory& d) { return d.leads_campaign(user, campaign); });
}

bool Game::may_see(User const& user, DocumentRecord const& document) {
    return !document.campaignId || user.is_admin || directory([&](Directory& d) {
        return d.leads_campaign(user, *document.campaignId) ||
               d.is_player(user.id, *document.campaignId);
    });
}

std::vector<std::string> Game::audience_of(std::string const& campaign) {
    std::vector<std::string> rooms{admins_room()};
    for (auto const& member : directory([&](Directory& d) { return d.members_of(campaign); })) {
        rooms.push_back(user_room(member));
    }
    return rooms;
}

std::optional<Directory::Session> Game::session(std::string const& id) {
    return directory([&](Directory& d) { return d.session(id); });
}

bool Game::belongs(std::string const& user, std::string const& session) {
    return rules([&](DungeonLab& rules) { return rules.connection_of(user, session); }) ||
           directory([&](Directory& d) {
               return !d.objection({user, {}}, session);
           });
}

std::vector<std::string> Game::present(std::string const& session) {
    std::vector<std::string> ids;
    for (auto& member : rules([&](DungeonLab& rules) { return rules.members(session); })) {
        ids.push_back(std::move(member.id));
    }
    return ids;
}

void Game::close_rooms(std::string const& session) {
    rules([&](DungeonLab& rules) { rules.clear(session); });
    nsp().in(session_room(session)).sockets_leave(all_rooms(session));
}

// The connection lives; only the room is lost.
void Game::settle(Socket& socket, Refusal const& refusal) {
    if (!refusal.room.empty()) {
        for (auto const& room : all_rooms(refusal.room)) {
            socket.leave(room);
        }
    }
    if (refusal.departure) {
        tell_departure(*refusal.departure, &socket);
    }
}

void Game::learn(Socket& socket, Dialect dialect) {
    auto& seat = socket.data<Seat>();
    if (seat.dialect == dialect) {
        return;
    }
    // Joined by another generation's event before: it must not hear everything twice.
    auto const current = rules([&](DungeonLab& rules) { return rules.session_of(socket.id()); });
    if (!current.empty()) {
        socket.leave(session_room(current, seat.dialect));
        socket.join(session_room(current, dialect));
    }
    seat.dialect = dialect;
    if (dialect == Dialect::seed) {
        socket.join(seed_user_room(seat.user.id));
    } else {
        socket.leave(seed_user_room(seat.user.id));
    }
}

void Game::tell_arrival(Socket& socket, Arrival const& arrival, Dialect dialect,
                        std::string const& actor) {
    auto const& [session, user, timestamp, members, left, map, initiative] = arrival;
    nsp()
        .to(session_room(session, Dialect::seed))  // the joiner hears it too
        .emit("user-joined",
              PresenceNotice{user.id, user.name, session, timestamp, views(members)});
    bool const leads = this->session(session).value_or(Directory::Session()).game_master == user.id;
    socket.to(session_room(session, Dialect::current))
        .emit("gameSession:joined", CurrentJoined{session, user.id, user.name, leads, timestamp});
    socket.to(session_room(session, Dialect::camel))
        .emit("userJoinedSession",
              CamelJoined{user.id, session, actor.empty() ? std::nullopt : std::optional(actor)});
    if (dialect != Dialect::seed) {
        return;
    }
    for (auto const& [event, state] :
         {std::pair("map-update", &map), std::pair("initiative-update", &initiative)}) {
        if (auto const remembered = *state ? Json::parse(**state) : std::nullopt) {
            socket.emit(event, *remembered);
        }
    }
}

// The user's other sockets hear it as well before they are taken out of the room. `except` is the
// socket that caused it and knows.
void Game::tell_departure(Departure const& departure, Socket* except) {
    auto const& [session, user, actor, timestamp, members] = departure;
    auto rooms = all_rooms(session);
    if (!actor.empty()) {
        rooms.push_back(actor_room(actor));
    }
    if (except != nullptr) {
        for (auto const& room : rooms) {
            except->leave(room);
        }
    }
    nsp()
        .to(session_room(session, Dialect::seed))
        .emit("user-left", PresenceNotice{user.id, user.name, session, timestamp, views(members)});
    nsp()
        .to(session_room(session, Dialect::current))
        .emit("gameSession:left", CurrentLeft{session, user.id, user.name, timestamp});
    CamelLeft notice{user.id, session, {}, {}};
    if (!actor.empty()) {
        auto const character = directory([&](Directory& d) { return d.character(actor); });
        notice.actorIds.push_back(actor);
        notice.characterNames.push_back(character ? character->name : std::string());
    }
    nsp().to(session_room(session, Dialect::camel)).emit("userLeftSession", notice);
    nsp().in(user_room(user.id)).sockets_leave(rooms);
    keep_state_of(departure);
}

// Who leads the game takes its state home: into the documents that it came from.
void Game::keep_state_of(Departure const& departure) {
    auto const left = session(departure.session);
    if (!left || left->game_master != departure.user.id || !store().accepts()) {
        return;  // it is in the database, if not at home
    }
    // One at a time: a state may be megabytes, and going in and out costs its master nothing.
    if (syncing_.with([&](auto& campaigns) { return campaigns.insert(left->campaign).second; })) {
        auto const sync = [this, campaign = left->campaign,
                           now = now()](store::Database& database) {
            syncing_.with([&](auto& campaigns) { campaigns.erase(campaign); });
            states::sync(database, campaign, now);
        };
        store().tell("sync", sync);
    }
}

Directory::Session Game::facts(std::string const& id) {
    return session(id).value_or(Directory::Session());
}

}  // namespace apps::dungeonlab
