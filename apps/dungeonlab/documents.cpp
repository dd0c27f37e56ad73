#include "apps/dungeonlab/documents.hpp"

#include "apps/auth/control_characters.hpp"
#include "apps/dungeonlab/ids.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>
#include <utility>

namespace apps::dungeonlab::documents {

using socketio::Json;

// Answered from the index dungeonlab_documents_order alone, in its order.
char const search_sql[] =
    "SELECT d.id FROM dungeonlab_documents d "
    "WHERE (?1 IS NULL OR document_type = ?1) AND (?2 IS NULL OR plugin_id = ?2) "
    "AND (?3 IS NULL OR plugin_document_type = ?3) AND (?4 IS NULL OR owner_id = ?4) "
    "AND (?5 IS NULL OR campaign_id = ?5) AND (?6 IS NULL OR name LIKE ?6 ESCAPE '\\') "
    "AND (?7 IS NULL OR d.campaign_id IS NULL OR EXISTS (SELECT 1 FROM dungeonlab_campaigns c "
    "WHERE c.id = d.campaign_id AND c.game_master_id = ?7) OR EXISTS (SELECT 1 FROM "
    "dungeonlab_documents p WHERE p.campaign_id = d.campaign_id AND p.owner_id = ?7 "
    "AND p.document_type = 'character')) ORDER BY name, d.id LIMIT ?8 OFFSET ?9";

namespace {

constexpr char columns[] =
    "SELECT id, slug, name, document_type, plugin_id, plugin_document_type, plugin_data_json, "
    "user_data_json, state_json, item_state_json, owner_id, created_by, campaign_id, created_at, "
    "updated_at FROM dungeonlab_documents ";

struct Stored {
    DocumentRecord document;
    std::size_t bytes = 0;  // of its data
};

Stored read(store::Query const& query) {
    Stored stored;
    auto const json_of = [&](int column) {
        auto const text = query.text(column);
        stored.bytes += text.size();
        return Json::parse(text).value_or(Json::object());
    };
    auto& document = stored.document;
    document.id = query.text(0);
    document.slug = query.text(1);
    document.name = query.text(2);
    document.documentType = query.text(3);
    document.pluginId = query.text(4);
    document.pluginDocumentType = query.text(5);
    document.pluginData = json_of(6);
    document.userData = json_of(7);
    document.state = json_of(8);
    document.itemState = json_of(9);
    document.ownerId = query.text(10);
    document.createdBy = query.text(11);
    document.campaignId = query.optional_text(12);
    document.createdAt = iso_of(query.integer(13));
    document.updatedAt = iso_of(query.integer(14));
    return stored;
}

std::optional<Stored> find_stored(store::Database& database, std::string_view id) {
    auto query = database.query(std::string(columns) + "WHERE id = ?");
    return query.bind(id).step() ? std::optional(read(query)) : std::nullopt;
}

// The characters that LIKE treats specially, made ordinary.
std::optional<std::string> pattern_of(std::optional<std::string> const& part) {
    if (!part) {
        return std::nullopt;
    }
    std::string pattern = "%";
    for (char const c : *part) {
        if (c == '%' || c == '_' || c == '\\') {
            pattern += '\\';
        }
        pattern += c;
    }
    return pattern + "%";
}

std::vector<std::string> ids_of(store::Database& database, Search const& wanted,
                                std::optional<std::string> const& viewer) {
    constexpr int usual = 50;
    auto const offset = std::max(wanted.offset.value_or(0), 0);
    if (offset > max_offset) {
        return {};
    }
    auto query = database.query(search_sql);
    query.bind(wanted.documentType, wanted.pluginId, wanted.pluginDocumentType, wanted.ownerId,
               wanted.campaignId, pattern_of(wanted.name), viewer,
               std::clamp(wanted.limit.value_or(usual), 0, max_found), offset);
    std::vector<std::string> ids;
    while (query.step()) {
        ids.push_back(query.text(0));
    }
    return ids;
}

std::size_t count(store::Query& query) {
    query.step();
    return static_cast<std::size_t>(query.integer(0));
}

std::optional<Refusal> objection(store::Database& database, NewDocument const& document,
                                 std::string const& owner) {
    auto all = database.query("SELECT COUNT(*) FROM dungeonlab_documents WHERE owner_id = ?");
    if (count(all.bind(owner)) >= max_of_owner) {
        return Refusal{"Too many documents"};
    }
    if (!document.campaignId || document.documentType != "character") {
        return std::nullopt;
    }
    auto characters =
        database.query("SELECT COUNT(*) FROM dungeonlab_documents "
                       "WHERE campaign_id = ? AND document_type = 'character' AND owner_id = ?");
    return count(characters.bind(*document.campaignId, owner)) < max_characters
               ? std::nullopt
               : std::optional(Refusal{"Too many characters"});
}

struct Part {
    char const* key;
    char const* sql;
};
constexpr std::array<Part, 2> names = {
    Part{"name", "UPDATE dungeonlab_documents SET name = ? WHERE id = ?"},
    Part{"slug", "UPDATE dungeonlab_documents SET slug = ? WHERE id = ?"}};
constexpr std::array<Part, 4> data_parts = {
    Part{"pluginData", "UPDATE dungeonlab_documents SET plugin_data_json = ? WHERE id = ?"},
    Part{"userData", "UPDATE dungeonlab_documents SET user_data_json = ? WHERE id = ?"},
    Part{"state", "UPDATE dungeonlab_documents SET state_json = ? WHERE id = ?"},
    Part{"itemState", "UPDATE dungeonlab_documents SET item_state_json = ? WHERE id = ?"}};

// Bytes of each of data_parts as they are stored, and of the plugin's names after them.
std::optional<std::array<std::size_t, 5>> sizes_of(store::Database& database, std::string_view id) {
    auto query = database.query(
        "SELECT LENGTH(CAST(plugin_data_json AS BLOB)), LENGTH(CAST(user_data_json AS BLOB)), "
        "LENGTH(CAST(state_json AS BLOB)), LENGTH(CAST(item_state_json AS BLOB)), "
        "LENGTH(CAST(plugin_id || plugin_document_type AS BLOB)) "
        "FROM dungeonlab_documents WHERE id = ?");
    if (!query.bind(id).step()) {
        return std::nullopt;
    }
    std::array<std::size_t, 5> sizes{};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        sizes[i] = static_cast<std::size_t>(query.integer(static_cast<int>(i)));
    }
    return sizes;
}

}  // namespace

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= max_name_bytes && !auth::has_control_characters(text);
}

std::optional<DocumentRecord> find(store::Database& database, std::string_view id) {
    auto stored = find_stored(database, id);
    return stored ? std::optional(std::move(stored->document)) : std::nullopt;
}

// Document by document, so that no more is read than is handed out.
std::vector<DocumentRecord> search(store::Database& database, Search const& wanted,
                                   std::optional<std::string> const& viewer) {
    std::vector<DocumentRecord> found;
    std::size_t bytes = 0;
    for (auto const& id : ids_of(database, wanted, viewer)) {
        auto stored = find_stored(database, id);
        bytes += stored->bytes;
        if (bytes > max_found_bytes && !found.empty()) {
            break;
        }
        found.push_back(std::move(stored->document));
    }
    return found;
}

// In the order in which the owners' shares grow, those with the least first. What comes before a
// character is at most as much for each owner as its owner's share up to it.
std::vector<DocumentRecord> characters(store::Database& database, std::string_view campaign,
                                       std::size_t max_bytes) {
    constexpr int fixed_bytes = 512;  // ids, times and names of fields
    auto query = database.query(
        "SELECT id, size FROM (SELECT id, bytes + ?2 AS size, SUM(bytes + ?2) OVER "
        "(PARTITION BY owner_id ORDER BY name, id) AS share FROM dungeonlab_documents "
        "WHERE campaign_id = ?1 AND document_type = 'character') ORDER BY share, id");
    query.bind(campaign, fixed_bytes);
    std::vector<DocumentRecord> found;
    std::size_t taken = 0;
    while (query.step()) {
        taken += static_cast<std::size_t>(query.integer(1));
        if (taken > max_bytes && !found.empty()) {
            break;
        }
        found.push_back(*find(database, query.text(0)));
    }
    std::sort(found.begin(), found.end(), [](auto const& a, auto const& b) {
        return std::tie(a.name, a.id) < std::tie(b.name, b.id);
    });
    return found;
}

Outcome<DocumentRecord> add(store::Database& database, NewDocument const& document,
                            std::string const& creator, std::int64_t now) {
    auto const owner = document.ownerId.value_or(creator);
    if (auto const why = objection(database, document, owner)) {
        return *why;
    }
    auto const id = object_id();
    database.run(
        "INSERT INTO dungeonlab_documents (id, slug, name, document_type, plugin_id, "
        "plugin_document_type, plugin_data_json, user_data_json, owner_id, created_by, "
        "campaign_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id, slug_of(document.name), document.name, document.documentType, document.pluginId,
        document.pluginDocumentType, document.pluginData.value_or(Json::object()).dump(),
        document.userData.value_or(Json::object()).dump(), owner, creator, document.campaignId, now,
        now);
    return *find(database, id);
}

Outcome<DocumentRecord> change(store::Database& database, std::string_view id, Json const& data,
                               std::int64_t now) {
    auto const sizes = sizes_of(database, id);
    if (!sizes) {
        return Refusal{"Document not found"};
    }
    for (auto const& [key, sql] : names) {
        if (auto const* text = data[key].string(); text && !text->empty() && !is_name(*text)) {
            return Refusal{"Invalid document"};
        }
    }
    auto const before = std::accumulate(sizes->begin(), sizes->end(), std::size_t{0});
    auto after = before;
    std::array<std::optional<std::string>, data_parts.size()> texts;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (data[data_parts[i].key].is_object()) {
            texts[i] = data[data_parts[i].key].dump();
            after += texts[i]->size() - (*sizes)[i];
        }
    }
    if (after > max_data_bytes && after > before) {  // what is too large already may shrink
        return Refusal{"The document would become too large"};
    }
    for (auto const& [key, sql] : names) {
        if (auto const* text = data[key].string(); text != nullptr && !text->empty()) {
            database.run(sql, *text, id);
        }
    }
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (texts[i]) {
            database.run(data_parts[i].sql, *texts[i], id);
        }
    }
    database.run("UPDATE dungeonlab_documents SET updated_at = ? WHERE id = ?", now, id);
    return *find(database, id);
}

std::unordered_map<std::string, std::string> types_in(store::Database& database,
                                                      std::string_view campaign) {
    auto query =
        database.query("SELECT id, document_type FROM dungeonlab_documents WHERE campaign_id = ?");
    query.bind(campaign);
    std::unordered_map<std::string, std::string> types;
    while (query.step()) {
        types.emplace(query.text(0), query.text(1));
    }
    return types;
}

bool remove(store::Database& database, std::string_view id) {
    database.run("DELETE FROM dungeonlab_documents WHERE id = ?", id);
    return database.changes() == 1;
}

}  // namespace apps::dungeonlab::documents
