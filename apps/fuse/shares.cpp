#include "apps/fuse/shares.hpp"

namespace apps::fuse {

// Who is nowhere is a place alone.
std::string const& Shares::place_of(Maker const& maker) {
    return maker.place.empty() ? maker.user : maker.place;
}

void Shares::put(std::string const& id, Item item) {
    erase(id);
    count(id, item, true);
    items_.emplace(id, std::move(item));
}

void Shares::erase(std::string const& id) {
    if (auto const item = items_.extract(id)) {
        count(item.key(), item.mapped(), false);
    }
}

// Whose rankings go by the sizes, which change.
void Shares::count(std::string const& id, Item const& item, bool in) {
    auto const& name = place_of(item.maker);
    auto const& user = item.maker.user;
    auto& place = places_[name];
    auto& owner = place.owners[user];
    ranking_.erase({place.size, name});
    place.ranking.erase({owner.size, user});
    for (auto* const size : {&total_, &place.size, &owner.size}) {
        *size = in ? *size + item.size : *size - item.size;
    }
    if (std::tuple const mark(item.worth, item.time, id); !in) {
        owner.may_go.erase(mark);
    } else if (item.may_go) {
        owner.may_go.insert(mark);
    }
    if (!owner.may_go.empty()) {
        place.ranking.insert({owner.size, user});
    }
    if (!place.ranking.empty()) {
        ranking_.insert({place.size, name});
    }
    if (place.size == 0) {
        places_.erase(name);
    } else if (owner.size == 0) {
        place.owners.erase(user);
    }
}

std::size_t Shares::of_place(Maker const& maker) const {
    auto const found = places_.find(place_of(maker));
    return found == places_.end() ? 0 : found->second.size;
}

std::optional<std::string> Shares::first_to_go(Maker const& maker) const {
    if (ranking_.empty() || ranking_.rbegin()->first < of_place(maker)) {
        return std::nullopt;
    }
    auto const& place = ranking_.rbegin()->second;
    return first_to_go_there(place == place_of(maker) ? maker : Maker{{}, place});
}

std::optional<std::string> Shares::first_to_go_there(Maker const& maker) const {
    auto const place = places_.find(place_of(maker));
    if (place == places_.end() || place->second.ranking.empty()) {
        return std::nullopt;
    }
    auto const& [size, user] = *place->second.ranking.rbegin();
    auto const own = place->second.owners.find(maker.user);
    if (own != place->second.owners.end() && size < own->second.size) {
        return std::nullopt;
    }
    return std::get<std::string>(*place->second.owners.at(user).may_go.begin());
}

}  // namespace apps::fuse
