#include "socketio/parent_namespace.hpp"

#include "socketio/core.hpp"
#include "socketio/namespace.hpp"

namespace socketio {

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
