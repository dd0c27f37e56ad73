// What handlers have to do with sockets of all shards.

#include "tests/simulation/model.hpp"

#include <algorithm>
#include <utility>

namespace simulation {

bool Model::matches(Target const& target, std::string const& sid, bool owner,
                    std::set<std::string> const& rooms) const {
    auto const in = [&](std::string const& room) {
        return room == sid ? owner : rooms.contains(room);
    };
    return (target.rooms.empty() || std::ranges::any_of(target.rooms, in)) &&
           std::ranges::none_of(target.except, in);
}

bool Model::is_selected(Space& space, Member const& member, Target const& target) {
    auto const& sid = member.session->sid;
    return matches(target, sid, space.owners[member.shard][sid] == &member, member.rooms);
}

std::vector<Member*> Model::selected(Space& space, unsigned shard, Target const& target) {
    std::vector<Member*> found;
    for (Member* const member : space.members[shard]) {
        if (is_selected(space, *member, target)) {
            found.push_back(member);
        }
    }
    return found;
}

// Whether a cast that reaches its shard now concerns one of its members at all.
Model::Hears Model::hears(Member const& member, Cast const& cast) const {
    auto const entry = cast.item.entry;
    // What is logged and what is live divide at the moment of the CONNECT answer.
    if (!cast.is_sent || entry < 0 || entry >= member.base) {
        return Hears::yes;
    }
    if (recovery_) {
        return entry >= member.base_low ? Hears::maybe : Hears::no;
    }
    // A shard where nobody is connected is not told.
    return parallel_ ? Hears::maybe : cast.told[member.shard] ? Hears::yes : Hears::no;
}

void Model::choose(Cast& cast, Member& member) {
    auto& chosen = cast.parts[member.shard].chosen;
    if (hears(member, cast) == Hears::no || std::ranges::count(chosen, &member) != 0) {
        return;
    }
    chosen.push_back(&member);
    if (cast.is_sent) {
        member.expected.push_back(cast.item);
        member.expected.back().may_be_missing = true;
    }
    if (cast.may) {
        cast.may(member);
    }
}

void Model::open(Space& space, unsigned shard, std::shared_ptr<Cast> const& cast) {
    cast->parts[shard];
    for (auto* const member : selected(space, shard, cast->target)) {
        choose(*cast, *member);
    }
    space.open[shard].push_back(cast);
}

void Model::change(Cast& cast, Member& member) {
    cast.parts[member.shard].changed.insert(&member);
    if (is_selected(space(member.space), member, cast.target)) {
        choose(cast, member);
    }
}

void Model::changed(Member& member) {
    for (auto const& cast : space(member.space).open[member.shard]) {
        change(*cast, member);
        if (recovery_ && cast->item.entry >= member.base_low) {
            member.session->passed_by.insert(cast->item.entry);
        }
    }
}

void Model::close(Space& space, unsigned shard, std::shared_ptr<Cast> const& cast) {
    std::erase(space.open[shard], cast);
    auto const& [chosen, changed] = cast->parts[shard];
    auto const& item = cast->item;
    for (auto* const member : chosen) {
        bool const certain = !changed.contains(member) && hears(*member, *cast) == Hears::yes;
        if (certain && cast->is_sent && !item.may_be_missing) {
            for (auto& expected : member->expected) {
                bool const is_it = expected.text == item.text && expected.kind == item.kind;
                expected.may_be_missing = expected.may_be_missing && !is_it;
            }
        }
        if (certain && cast->must) {
            cast->must(*member);
        }
    }
    if (!recovery_ || item.entry < 0) {
        return;
    }
    // Who did not hear it for certain need not be brought it. What it missed before it came back
    // is another thing.
    for (auto* const member : space.members[shard]) {
        bool const heard = std::ranges::count(chosen, member) != 0 && !changed.contains(member);
        if (!heard && item.entry >= member->base_low) {
            member->session->passed_by.insert(item.entry);
        }
    }
}

void Model::log(Space& space, Item const& item, Target target, TimePoint now) {
    space.log[item.entry] = {std::move(target), now, item.sender};
}

bool Model::handles(Member& member, Request const& request) {
    ++events;
    if (!member.connected) {
        complain(label(member) + ": event " + request.name + " while it is not connected");
    } else if (member.requests.empty()) {
        complain(label(member) + ": event " + request.name + " " + std::to_string(request.number) +
                 " that its client did not send, or once more");
    } else {
        auto const& next = member.requests.front();
        if (next.name != request.name || next.number != request.number || next.a != request.a ||
            next.b != request.b) {
            complain(label(member) + ": event " + request.name + " " +
                     std::to_string(request.number) + " instead of " + next.name + " " +
                     std::to_string(next.number));
        }
        member.requests.pop_front();
        return true;
    }
    return false;
}

}  // namespace simulation
