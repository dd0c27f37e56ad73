#include "apps/kaiku/people.hpp"

#include "engineio/net/text.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace apps::kaiku {

using socketio::Json;

namespace {

constexpr std::array<std::string_view, 4> statuses = {"online", "away", "busy", "offline"};

Refusal no_such_request() {
    return {Reason::not_found, "There is no such friendship"};
}

Refusal too_many() {
    return {Reason::forbidden, "Too many friends and requests"};
}

bool is_activity(Json const& activity) {
    return activity.is_null() ||
           (activity["type"].is_string() && activity["name"].is_string() &&
            activity["started_at"].is_string() &&
            (activity["details"].is_null() || activity["details"].is_string()) &&
            activity.dump().size() <= People::max_activity_bytes &&
            activity.memory() <= People::max_activity_memory);
}

}  // namespace

People::People(Journal& journal, common::Clock clock, common::IdSource ids,
               Journal::State const& state, common::SteadyClock now)
    : journal_(journal), clock_(std::move(clock)), ids_(std::move(ids)), now_(std::move(now)) {
    for (auto const& user : state.users) {
        add(user);
    }
    for (auto const& tie : state.friendships) {
        ties_[tie.id] = tie;
        ties_of_[tie.requester].insert(tie.id);
        ties_of_[tie.addressee].insert(tie.id);
    }
}

void People::add(User const& user) {
    users_[user.id] = {user, 0, {}, {}};
    names_[engineio::net::to_lower(user.username)] = user.id;
}

User const* People::find(std::string const& id) const {
    auto const found = users_.find(id);
    return found == users_.end() ? nullptr : &found->second.user;
}

User const* People::by_name(std::string const& username) const {
    auto const found = names_.find(engineio::net::to_lower(username));
    return found == names_.end() ? nullptr : find(found->second);
}

People::Person* People::person(std::string const& id) {
    auto const found = users_.find(id);
    return found == users_.end() ? nullptr : &found->second;
}

// --- presence ----------------------------------------------------------------------------------

bool People::connected(std::string const& user) {
    auto* const one = person(user);
    return one != nullptr && ++one->connections == 1 && online(user);
}

bool People::disconnected(std::string const& user) {
    auto* const one = person(user);
    bool const was_online = online(user);
    if (one == nullptr || one->connections == 0 || --one->connections > 0) {
        return false;
    }
    one->activity = Json();
    return was_online;
}

std::string People::status_of(std::string const& user) const {
    auto const found = users_.find(user);
    bool const here = found != users_.end() && found->second.connections > 0;
    return here ? found->second.user.status : "offline";
}

Outcome<bool> People::set_status(std::string const& user, std::string const& status) {
    auto* const one = person(user);
    if (one == nullptr || std::find(statuses.begin(), statuses.end(), status) == statuses.end()) {
        return Refusal{Reason::invalid, "A status is online, away, busy or offline"};
    }
    bool const news = one->user.status != status;
    if (news) {
        one->user.status = status;
        journal_.status(user, status);
    }
    return news;
}

Outcome<bool> People::set_activity(std::string const& user, Json const& activity) {
    auto* const one = person(user);
    if (one == nullptr || !is_activity(activity)) {
        return Refusal{Reason::invalid, "An activity has a type, a name and started_at"};
    }
    if (activity == one->activity) {
        return false;
    }
    auto const now = now_();
    if (now < one->next_activity) {
        return Refusal{Reason::rate_limited, "Activities change every 10 seconds at most"};
    }
    one->activity = activity;
    one->next_activity = now + activity_pause;
    return true;
}

// --- friends and blocks ------------------------------------------------------------------------

// Of blocks, none: each stands for itself.
Friendship const* People::between(std::string const& a, std::string const& b) const {
    auto const found = ties_of_.find(a);
    if (found != ties_of_.end()) {
        for (auto const& id : found->second) {
            auto const& tie = ties_.at(id);
            if (tie.status != "blocked" && tie.other(a) == b) {
                return &tie;
            }
        }
    }
    return nullptr;
}

// What others did to the user, they must not be able to fill the user's own count with.
std::size_t People::ties_made(std::string const& user) const {
    auto const found = ties_of_.find(user);
    auto const made = [&](std::string const& id) { return ties_.at(id).made_by(user); };
    return found == ties_of_.end() ? 0
                                   : static_cast<std::size_t>(std::count_if(
                                         found->second.begin(), found->second.end(), made));
}

std::size_t People::waiting(std::string const& user) const {
    auto const requests = ties(user, "pending");
    return static_cast<std::size_t>(
        std::count_if(requests.begin(), requests.end(),
                      [&](Friendship const& tie) { return tie.addressee == user; }));
}

Friendship People::keep(Friendship tie) {
    tie.updated = clock_();
    ties_of_[tie.requester].insert(tie.id);
    ties_of_[tie.addressee].insert(tie.id);
    ties_[tie.id] = tie;
    journal_.friendship(tie);
    return tie;
}

void People::drop(std::string const& id) {
    auto const tie = ties_.at(id);
    ties_of_[tie.requester].erase(id);
    ties_of_[tie.addressee].erase(id);
    ties_.erase(id);
    journal_.friendship_gone(id);
}

Outcome<Friendship> People::request(std::string const& user, std::string const& username) {
    auto const* const other = by_name(username);
    // Who is blocked does not learn it.
    if (other == nullptr || strangers(user).count(other->id) > 0) {
        return Refusal{Reason::not_found, "There is no such user"};
    }
    if (other->id == user) {
        return Refusal{Reason::invalid, "You are your own friend already"};
    }
    if (between(user, other->id) != nullptr) {
        return Refusal{Reason::conflict, "There is a request or a friendship already"};
    }
    if (ties_made(user) >= max_ties || waiting(other->id) >= max_waiting) {
        return too_many();
    }
    return keep({ids_(), user, other->id, "pending", clock_(), 0});
}

Outcome<Friendship> People::accept(std::string const& user, std::string const& id) {
    auto const found = ties_.find(id);
    if (found == ties_.end() || found->second.addressee != user ||
        found->second.status != "pending") {
        return no_such_request();
    }
    if (ties_made(user) >= max_ties) {
        return too_many();
    }
    auto tie = found->second;
    tie.status = "accepted";
    return keep(tie);
}

Outcome<Friendship> People::part(std::string const& user, std::string const& id) {
    auto const found = ties_.find(id);
    if (found == ties_.end() || found->second.status == "blocked" ||
        (found->second.requester != user && found->second.addressee != user)) {
        return no_such_request();
    }
    auto const tie = found->second;
    drop(id);
    return tie;
}

Outcome<Friendship> People::block(std::string const& user, std::string const& other) {
    if (find(other) == nullptr) {
        return Refusal{Reason::not_found, "There is no such user"};
    }
    if (other == user) {
        return Refusal{Reason::invalid, "You cannot block yourself"};
    }
    for (auto const& tie : ties(user, "blocked")) {
        if (tie.addressee == other) {
            return tie;
        }
    }
    auto const* const tie = between(user, other);
    bool const replaces_own = tie != nullptr && tie->made_by(user);
    if (ties_made(user) >= max_ties + (replaces_own ? 1 : 0)) {
        return Refusal{Reason::forbidden, "Too many blocks"};
    }
    if (tie != nullptr) {
        drop(std::string(tie->id));
    }
    return keep({ids_(), user, other, "blocked", clock_(), 0});
}

Outcome<void> People::unblock(std::string const& user, std::string const& other) {
    for (auto const& tie : ties(user, "blocked")) {
        if (tie.addressee == other) {
            drop(tie.id);
            return boost::system::in_place_value;
        }
    }
    return Refusal{Reason::not_found, "This user is not blocked"};
}

std::vector<Friendship> People::ties(std::string const& user, std::string const& status) const {
    std::vector<Friendship> list;
    if (auto const found = ties_of_.find(user); found != ties_of_.end()) {
        for (auto const& id : found->second) {
            auto const& tie = ties_.at(id);
            if (tie.status == status && (status != "blocked" || tie.requester == user)) {
                list.push_back(tie);
            }
        }
    }
    std::sort(list.begin(), list.end(), [](Friendship const& a, Friendship const& b) {
        return std::tie(a.created, a.id) < std::tie(b.created, b.id);
    });
    return list;
}

std::vector<std::string> People::friends(std::string const& user) const {
    std::vector<std::string> list;
    for (auto const& tie : ties(user, "accepted")) {
        list.push_back(tie.other(user));
    }
    return list;
}

std::set<std::string> People::strangers(std::string const& user) const {
    std::set<std::string> list;
    if (auto const found = ties_of_.find(user); found != ties_of_.end()) {
        for (auto const& id : found->second) {
            auto const& tie = ties_.at(id);
            if (tie.status == "blocked") {
                list.insert(tie.other(user));
            }
        }
    }
    return list;
}

}  // namespace apps::kaiku
