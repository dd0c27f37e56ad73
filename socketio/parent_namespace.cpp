#include "socketio/parent_namespace.hpp"

#include "socketio/core.hpp"
#include "socketio/namespace.hpp"

#include <utility>

namespace socketio {

ParentOperator ParentOperator::to(RoomList rooms) const {
    auto copy = *this;
    for (auto& room : rooms.names) {
        copy.selection_.rooms.push_back(std::move(room));
    }
    return copy;
}

ParentOperator ParentOperator::except(RoomList rooms) const {
    auto copy = *this;
    for (auto& room : rooms.names) {
        copy.selection_.except.push_back(std::move(room));
    }
    return copy;
}

ParentOperator ParentOperator::volatile_() const {
    auto copy = *this;
    copy.flags_.is_volatile = true;
    return copy;
}

ParentOperator ParentOperator::compress(bool on) const {
    auto copy = *this;
    copy.flags_.compress = on;
    return copy;
}

ParentOperator ParentOperator::local() const {
    auto copy = *this;
    copy.flags_.local = true;
    return copy;
}

void ParentOperator::broadcast(EventRef const& event) const {
    check_event_name(event.name);
    for (auto const& child : core_->children_of(*family_)) {
        child->broadcast(selection_, flags_, event);
    }
}

std::vector<NamespacePtr> ParentNamespace::children() const {
    return core_.children_of(*table_);
}

}  // namespace socketio
