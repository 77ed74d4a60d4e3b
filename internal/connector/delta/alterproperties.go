package delta

import (
	"maps"
	"slices"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
)

// setProperties is SET TBLPROPERTIES. Those that ask for a feature raise the protocol; comment is the table's description.
func (a *altering) setProperties(c *plan.SetProperties) error {
	checked, err := tableProperties(c.Properties)
	if err != nil {
		return err
	}
	history := maps.Clone(checked)
	for _, key := range slices.Sorted(maps.Keys(checked)) {
		value := checked[key]
		switch {
		case strings.HasPrefix(key, constraintPrefix):
			return errclass.DeltaAddConstraints.New("Please use ALTER TABLE ADD CONSTRAINT to add CHECK constraints.")
		case strings.EqualFold(key, featurePrefix+"clustering"):
			return errclass.DeltaSetClustering.New("Cannot enable clustering table feature using ALTER TABLE SET TBLPROPERTIES. Please use CREATE OR REPLACE TABLE CLUSTER BY to create a Delta table with clustering.").
				WithHint("ALTER TABLE … CLUSTER BY (…) does so, too.")
		case strings.EqualFold(key, "comment"):
			a.meta.Description = value
		case strings.HasPrefix(key, featurePrefix):
			a.meta.Configuration[key] = "supported"
			delete(history, key)
			history[strings.ToLower(key)] = value // as Delta tells it
		default:
			a.meta.Configuration[key] = value
		}
	}
	a.operation("SET TBLPROPERTIES", deltalog.Parameters{}.With("properties", jsonOf(history)))
	if len(history) == 1 && strings.EqualFold(history["delta.enableRowTracking"], "true") {
		a.op.Tags = map[string]string{"rowTrackingEnablementOnly": "true"} // by which others know that they need not start again
	}
	return nil
}

// unsetProperties is UNSET TBLPROPERTIES. One that is not there is none the less in the history, as Spark has it.
func (a *altering) unsetProperties(c *plan.UnsetProperties) error {
	var keys []string
	for _, key := range c.Keys {
		spelled, err := propertyName(key)
		if err != nil {
			spelled = key // the table may have it from another writer
		}
		if IsBookKeeping(spelled) {
			return errclass.DeltaCannotModify.New("The Delta table configuration %s cannot be specified by the user", spelled)
		}
		if strings.EqualFold(key, "comment") {
			a.meta.Description = ""
		}
		delete(a.meta.Configuration, spelled)
		keys = append(keys, spelled)
	}
	a.operation("UNSET TBLPROPERTIES", deltalog.Parameters{}.With("properties", jsonOf(keys)).With("ifExists", true))
	return nil
}
